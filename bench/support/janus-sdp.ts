import { randomInt } from 'node:crypto';
import type { ExtensionIds } from '@guildhall/bots';

// The little SDP that Janus' video rooms need (RFC 8866, RFC 8843). Not a general parser: it reads what Janus writes.

const extensionUris = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  level: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  transportCc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
} as const satisfies Partial<Record<keyof ExtensionIds, string>>;

const ours: ExtensionIds = { mid: 1, level: 2, absSendTime: 3, transportCc: 4 };

export interface LocalSide {
  readonly user: string;
  readonly password: string;
  readonly fingerprint: string;
}

export interface Publishing {
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly rtx: number | undefined;
  readonly mid: string;
}

const newSsrc = (): number => randomInt(1, 2 ** 32 - 1);

const sessionLines = (mids: readonly string[]): string[] => [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  `a=group:BUNDLE ${mids.join(' ')}`,
];

const transportLines = ({ user, password, fingerprint }: LocalSide, mid: string): string[] => [
  'c=IN IP4 127.0.0.1',
  'a=rtcp-mux',
  `a=ice-ufrag:${user}`,
  `a=ice-pwd:${password}`,
  `a=fingerprint:sha-256 ${fingerprint}`,
  'a=setup:active',
  `a=mid:${mid}`,
  // Where we really are is learned from our checks; without any candidate Janus would wait for one.
  'a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host',
  'a=end-of-candidates',
];

const text = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;

/** An offer to send voice and, if wanted, one picture. */
export const publisherOffer = (local: LocalSide, hasVideo: boolean) => {
  const streams: Publishing[] = [{ kind: 'audio', ssrc: newSsrc(), rtx: undefined, mid: '0' }];
  if (hasVideo) streams.push({ kind: 'video', ssrc: newSsrc(), rtx: newSsrc(), mid: '1' });
  const sections = streams.flatMap(({ kind, ssrc, rtx, mid }) => [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${kind === 'audio' ? '111' : '96 97'}`,
    ...transportLines(local, mid),
    'a=sendonly',
    ...Object.entries(extensionUris)
      .filter(([name]) => kind === 'audio' || name !== 'level')
      .map(([name, uri]) => `a=extmap:${Object.entries(ours).find(([own]) => own === name)?.[1]} ${uri}`),
    ...(kind === 'audio'
      ? ['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1', 'a=rtcp-fb:111 transport-cc']
      : [
          'a=rtpmap:96 VP8/90000',
          ...['nack', 'nack pli', 'ccm fir', 'transport-cc'].map((feedback) => `a=rtcp-fb:96 ${feedback}`),
          'a=rtpmap:97 rtx/90000',
          'a=fmtp:97 apt=96',
        ]),
    ...(rtx === undefined ? [] : [`a=ssrc-group:FID ${ssrc} ${rtx}`, `a=ssrc:${rtx} cname:bot`]),
    `a=ssrc:${ssrc} cname:bot`,
  ]);
  return { sdp: text([...sessionLines(streams.map(({ mid }) => mid)), ...sections]), streams, ext: ours };
};

export interface RemoteSide {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly fingerprint: string;
}

export interface Offered {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly rtx: number | undefined;
  readonly ext: ExtensionIds;
}

const valueOf = (lines: readonly string[], prefix: string): string | undefined =>
  lines.find((line) => line.startsWith(prefix))?.slice(prefix.length);

/** Where Janus is and how to prove ourselves to it. @throws Error when the SDP does not say */
export const remoteSide = (sdp: string): RemoteSide => {
  const lines = sdp.split(/\r?\n/u);
  const candidate = lines
    .filter((line) => line.startsWith('a=candidate:'))
    .map((line) => line.split(' '))
    .find((parts) => parts[2]?.toLowerCase() === 'udp' && !parts[4]?.includes(':'));
  const user = valueOf(lines, 'a=ice-ufrag:');
  const password = valueOf(lines, 'a=ice-pwd:');
  const fingerprint = valueOf(lines, 'a=fingerprint:sha-256 ');
  if (!candidate || user === undefined || password === undefined || fingerprint === undefined)
    throw new Error('Janus offered no way to reach it over UDP');
  const [, , , , address = '', port = ''] = candidate;
  return { address, port: Number(port), user, password, fingerprint: fingerprint.toUpperCase() };
};

const sectionsOf = (sdp: string): string[][] =>
  sdp
    .split(/\r?\n(?=m=)/u)
    .slice(1)
    .map((section) => section.split(/\r?\n/u));

const extOf = (lines: readonly string[]): ExtensionIds =>
  Object.fromEntries(
    Object.entries(extensionUris).flatMap(([name, uri]) => {
      const line = lines.find((one) => one.startsWith('a=extmap:') && one.endsWith(` ${uri}`));
      return line === undefined ? [] : [[name, Number.parseInt(line.slice('a=extmap:'.length), 10)]];
    }),
  );

/** What a subscriber's offer promises, and an answer that takes all of it. */
export const subscriberAnswer = (
  sdp: string,
  local: LocalSide,
): { sdp: string; offered: readonly Offered[] } => {
  const sections = sectionsOf(sdp);
  const offered = sections.map((lines): Offered => {
    const group = valueOf(lines, 'a=ssrc-group:FID ')?.split(' ').map(Number);
    const single = Number.parseInt(valueOf(lines, 'a=ssrc:') ?? '0', 10);
    return {
      mid: valueOf(lines, 'a=mid:') ?? '0',
      kind: lines[0]?.startsWith('m=audio') ? 'audio' : 'video',
      ssrc: group?.[0] ?? single,
      rtx: group?.[1],
      ext: extOf(lines),
    };
  });
  const kept = /^a=(?:rtpmap|fmtp|rtcp-fb|extmap):/u;
  const answer = sections.flatMap((lines, index) => [
    lines[0] ?? '',
    ...transportLines(local, offered[index]?.mid ?? '0'),
    'a=recvonly',
    ...lines.filter((line) => kept.test(line)),
  ]);
  return { sdp: text([...sessionLines(offered.map(({ mid }) => mid)), ...answer]), offered };
};
