import { MediaProbeRequest, type MediaProbePlace } from '@guildhall/protocol';
import { probeAnswer, reachOf, type Reach } from './probe-answer.ts';

const GIVE_UP_MS = 5_000;

const CURVE: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };

export const makeCertificate = (): Promise<RTCCertificate> => RTCPeerConnection.generateCertificate(CURVE);

/**
 * What the router has to know of the certificate of this browser. Read from an offer: not every browser has
 * `getFingerprints`.
 */
export async function requestFor(certificate: RTCCertificate): Promise<MediaProbeRequest> {
  const connection = new RTCPeerConnection({ certificates: [certificate] });
  connection.createDataChannel('probe');
  const { sdp = '' } = await connection.createOffer();
  connection.close();
  const value = /^a=fingerprint:sha-256 (\S+)/mu.exec(sdp)?.[1];
  const fingerprints = [{ algorithm: 'sha-256', value }];
  return MediaProbeRequest.parse({ dtlsParameters: { role: 'client', fingerprints } });
}

/** Dials one address of the router from this browser, for 5 s at most. */
export async function tryPlace(place: MediaProbePlace, certificate: RTCCertificate): Promise<Reach> {
  const connection = new RTCPeerConnection({ certificates: [certificate] });
  try {
    connection.createDataChannel('probe');
    await connection.setLocalDescription();
    await connection.setRemoteDescription({ type: 'answer', sdp: probeAnswer(place) });
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => resolve(), GIVE_UP_MS);
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') resolve();
    });
    await promise;
    clearTimeout(timer);
    return reachOf(connection.iceConnectionState, connection.connectionState);
  } catch {
    // A name that does not resolve, or an address this browser cannot dial at all.
    return 'not-reached';
  } finally {
    connection.close();
  }
}
