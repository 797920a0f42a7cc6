import { z } from 'zod';

// What Node and the native program say to each other: one JSON object a line. Orders are answered only where said so.

/** Ids of RTP header extensions; absent: not in use. */
export interface ExtensionIds {
  readonly mid?: number;
  readonly rid?: number;
  readonly repairedRid?: number;
  readonly absSendTime?: number;
  readonly transportCc?: number;
  readonly level?: number;
}

export interface SentEncoding {
  readonly ssrc: number;
  /** SSRC of retransmissions; absent: none are sent. */
  readonly rtx?: number;
  readonly rid?: string;
  /** Video only, bit/s. */
  readonly bitrate?: number;
}

export interface SendOrder {
  readonly kind: 'audio' | 'video';
  readonly pt: number;
  readonly rtxPt?: number;
  readonly mid: string;
  readonly cname: string;
  readonly ext: ExtensionIds;
  /** Lowest resolution first. */
  readonly encodings: readonly SentEncoding[];
  /** Mean length of a talk spurt and of the silence after it (both exponential); 0: talks without end. */
  readonly talkMs?: number;
  readonly pauseMs?: number;
  readonly fps?: number;
  readonly paused: boolean;
}

export interface ReceiveOrder {
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly rtx?: number;
  readonly ext: ExtensionIds;
  readonly nack: boolean;
  /** Which of our senders this is, 0 when it is not known or may change. */
  readonly source: number;
}

export interface OpenOrder {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** SHA-256 in upper case hex pairs with colons. */
  readonly fingerprint: string;
  /** Our ICE credentials where the server was told them; absent: it never asks. */
  readonly localUser?: string;
  readonly localPassword?: string;
}

export type Order =
  | ({ readonly do: 'open'; readonly transport: number; readonly person: number } & OpenOrder)
  | ({ readonly do: 'send'; readonly transport: number; readonly sender: number } & SendOrder)
  | ({ readonly do: 'receive'; readonly transport: number; readonly receiver: number } & ReceiveOrder)
  | { readonly do: 'stop'; readonly transport: number; readonly sender: number }
  | { readonly do: 'drop'; readonly transport: number; readonly receiver: number }
  | { readonly do: 'pause'; readonly sender: number; readonly paused: boolean }
  | { readonly do: 'limit'; readonly sender: number; readonly layer: number }
  | {
      readonly do: 'restart';
      readonly transport: number;
      readonly user: string;
      readonly password: string;
    }
  | { readonly do: 'close'; readonly transport: number }
  | { readonly do: 'forget'; readonly person: number }
  /** The measured time begins and ends; counters start anew. */
  | { readonly do: 'begin' }
  | { readonly do: 'end' }
  /** From now on this share (0 to 1) of the received RTP packets gets lost, as on a bad network. */
  | { readonly do: 'lose'; readonly share: number }
  /** Answered with `report`. `without`: receivers that were not meant to be forwarded. */
  | { readonly do: 'report'; readonly question: number; readonly without: readonly number[] };

const Quantiles = z.object({ p50: z.number(), p99: z.number() });

const Stream = z.object({
  /** Packets that should have arrived, see README. */
  offered: z.int().min(0),
  /** Different packets that did. */
  delivered: z.int().min(0),
  /** Of those: by retransmission. */
  repaired: z.int().min(0),
  streams: z.int().min(0),
  /** Streams meant to be forwarded of which nothing came. */
  silent: z.int().min(0),
  latencyMs: Quantiles,
});

const MediaReportSchema = z.object({
  audio: Stream,
  video: Stream,
  /** One way, from the sender's socket to the receiver's, over all packets. */
  latencyMs: Quantiles,
  /** The 99th percentile of the person who had it worst. */
  worstPersonP99Ms: z.number(),
  seconds: z.number(),
  people: z.array(
    z.object({
      person: z.int(),
      audio: z.int().min(0),
      video: z.int().min(0),
      /** Longest time without any packet of that kind; 0 when none ever came. */
      audioGapMs: z.number(),
      videoGapMs: z.number(),
    }),
  ),
});
export type MediaReport = z.output<typeof MediaReportSchema>;

const TransportState = z.enum(['new', 'connecting', 'connected', 'disconnected', 'failed']);
export type TransportState = z.output<typeof TransportState>;

export const EngineEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready'), fingerprint: z.string(), pid: z.int() }),
  z.object({ event: z.literal('state'), transport: z.int(), state: TransportState }),
  MediaReportSchema.extend({ event: z.literal('report'), question: z.int() }),
]);
