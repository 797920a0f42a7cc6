import { IceCandidateSchema, type IceCandidate } from '@guildhall/protocol';
import type { types } from 'mediasoup';

export interface ListenAddress {
  /** IPv4 or IPv6 address of this machine; 0.0.0.0 or :: only together with announced addresses. */
  readonly ip: string;
  /** Addresses or host names under which browsers reach `ip`, best first: inside and outside ones. Empty: `ip` itself. */
  readonly announcedAddresses: readonly string[];
}

const wildcard = new Set(['0.0.0.0', '::']);

/** @throws Error the list cannot work, with a sentence for the operator */
export const checkListenAddresses = (listen: readonly ListenAddress[]): void => {
  if (listen.length === 0) throw new Error('The media router needs at least one address to listen on.');
  for (const { ip, announcedAddresses } of listen)
    if (wildcard.has(ip) && announcedAddresses.length === 0)
      throw new Error(`Media listens on ${ip}, which browsers cannot dial. Name the addresses to announce.`);
};

/**
 * What a media socket may hold while its worker does not get to it, bytes asked of the kernel in each direction. All people of
 * a worker come through one socket, and the usual 208 KiB are full after a few hundredths of a second of a busy one: measured
 * with eight cameras, a worker that stood still for 200 ms lost four fifths of the voice of that time, with this none. The
 * kernel gives at most `net.core.rmem_max` and `wmem_max`, which the appliance raises (docs/operations/systemd.md), counts
 * twice what is asked, and takes memory only for what waits. More would keep what nobody wants to hear any more.
 */
export const udpBuffers = { recvBufferSize: 4_194_304, sendBufferSize: 4_194_304 } as const;

/**
 * The sockets of a WebRtcServer. mediasoup knows one announced address for each socket, and a second socket on the same
 * port is not possible, so it gets the first one and `withAnnouncedAddresses` adds the others.
 */
export const listenInfos = (
  listen: readonly ListenAddress[],
  udpPort: number,
  tcpPort: number,
): types.TransportListenInfo[] =>
  listen.flatMap(({ ip, announcedAddresses: [announcedAddress] }) => {
    const address = announcedAddress === undefined ? { ip } : { ip, announcedAddress };
    return [
      { ...address, ...udpBuffers, protocol: 'udp' as const, port: udpPort },
      { ...address, protocol: 'tcp' as const, port: tcpPort },
    ];
  });

/**
 * A candidate for every announced address. The router is ICE lite: it answers whatever reaches its socket and never
 * looks at its own candidates, so a further one is only a further place for the browser to try. The extra ones rank
 * just below the first (RFC 8445 §5.1.2.1: the local preference is bits 8 to 23) and have a foundation of their own.
 */
export const withAnnouncedAddresses = (
  candidates: readonly types.IceCandidate[],
  listen: readonly ListenAddress[],
): IceCandidate[] =>
  candidates.flatMap((candidate) => {
    const entry = listen.find(
      ({ ip, announcedAddresses }) => (announcedAddresses[0] ?? ip) === candidate.address,
    );
    const others = entry?.announcedAddresses.slice(1) ?? [];
    return [
      IceCandidateSchema.parse(candidate),
      ...others.map((address, index) =>
        IceCandidateSchema.parse({
          ...candidate,
          address,
          ip: address,
          foundation: `${candidate.foundation}x${index + 1}`,
          priority: candidate.priority - 256 * (index + 1),
        }),
      ),
    ];
  });
