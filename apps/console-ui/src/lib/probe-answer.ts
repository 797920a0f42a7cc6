import type { MediaProbePlace } from '@guildhall/protocol';

/**
 * What the router would answer to an offer of one data channel (RFC 8839, RFC 8841), with a single candidate. The data
 * channel itself never opens; it is only the least that makes a browser dial, and needs neither microphone nor codecs.
 */
export function probeAnswer({ candidate, iceParameters, dtlsParameters }: MediaProbePlace): string {
  const { foundation, protocol, priority, address, port } = candidate;
  const tcp = protocol === 'tcp' ? ' tcptype passive' : '';
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    ...dtlsParameters.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    // The browser is told to begin the handshake: the router was told to wait for it.
    'a=setup:passive',
    'a=sctp-port:5000',
    `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ host${tcp}`,
    'a=end-of-candidates',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

export type Reach = 'reached' | 'no-handshake' | 'not-reached';

/** How far a connection came: packets there and back (ICE), and the encrypted handshake (DTLS). */
export function reachOf(ice: RTCIceConnectionState, whole: RTCPeerConnectionState): Reach {
  if (whole === 'connected') return 'reached';
  return ice === 'connected' || ice === 'completed' ? 'no-handshake' : 'not-reached';
}
