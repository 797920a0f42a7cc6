import { platformClock, type LinkClock, type LinkLogger } from './clock.ts';
import type {
  Contract,
  EventName,
  EventReceived,
  EventToSend,
  Half,
  Handlers,
  InputToSend,
  OtherSide,
  OutputReceived,
  RequestName,
  Side,
} from './contract.ts';
import type { GuildhallError } from './errors.ts';
import { readOpen } from './open-fields.ts';
import { encodeEventOf, PeerCore, type LooseHandler } from './peer-core.ts';
import type { CloseInfo, Pipe } from './pipe.ts';

export interface PeerLimits {
  /** Largest message taken from the other side, bytes of UTF-8. Larger ones close the link with 1009. */
  maxMessageBytes: number;
  /** Requests of the other side which may be under way at once; more are answered `rate.limited`. */
  maxInFlight: number;
  /** Nesting of arrays and objects. */
  maxDepth: number;
  /** Unsent bytes at which a receiver counts as stuck; the link is closed with 1013. */
  maxBufferedBytes: number;
  /** Refused messages and requests after which the link is closed with 4413: nobody honest sends so many. */
  maxRefusals: number;
}

export const defaultPeerLimits: PeerLimits = {
  maxMessageBytes: 64 * 1024,
  maxInFlight: 32,
  maxDepth: 32,
  maxBufferedBytes: 8 * 1024 * 1024,
  maxRefusals: 1_000,
};

export interface RequestOptions {
  /** Default: the peer's `defaultDeadlineMs`. */
  deadlineMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface PeerOptions<C extends Contract, S extends Side> {
  contract: C;
  /** The half this side serves and emits. */
  side: S;
  pipe: Pipe;
  handlers: Handlers<C[S]>;
  clock?: LinkClock;
  limits?: Partial<PeerLimits>;
  /** How long an answer may take; default 10,000 ms. */
  defaultDeadlineMs?: number;
  /** What an error thrown by a handler becomes; `undefined` → `internal` with an id which is in the log too. */
  toRpcError?: (error: unknown) => GuildhallError | undefined;
  logger?: LinkLogger;
}

/** An event which was validated and written once, to be sent to many. */
export interface EncodedEvent<C extends Contract, S extends Side> {
  readonly text: string;
  readonly name: EventName<C[S]>;
}

/** One end of a link. `S` is the own side. */
export interface Peer<C extends Contract, S extends Side> {
  /**
   * Asks the other side.
   * @throws GuildhallError what the other side answered, or `request.timeout`, `request.cancelled`, `link.closed`,
   * `request.invalid` (own input wrong, nothing was sent), `internal` (the answer breaks the contract).
   */
  request<K extends RequestName<C[OtherSide<S>]>>(
    name: K,
    input: InputToSend<C[OtherSide<S>], K>,
    options?: RequestOptions,
  ): Promise<OutputReceived<C[OtherSide<S>], K>>;
  /** Tells the other side. Nothing happens on a closed link. @throws GuildhallError `request.invalid` on own wrong data. */
  emit<K extends EventName<C[S]>>(name: K, data: EventToSend<C[S], K>): void;
  /** Same as `emit`, for one event to many peers: see {@link encodeEvent}. */
  emitEncoded(event: EncodedEvent<C, S>): void;
  /** Hears one event of the other side, in the order sent. Returns how to stop. */
  on<K extends EventName<C[OtherSide<S>]>>(
    name: K,
    callback: (data: EventReceived<C[OtherSide<S>], K>) => void,
  ): () => void;
  /** Hears every event of the other side, before those of `on`. */
  onAny(callback: (name: EventName<C[OtherSide<S>]>, data: unknown) => void): () => void;
  /** Resolves, never rejects. */
  readonly closed: Promise<CloseInfo>;
  readonly isClosed: boolean;
  /** Idempotent; what is under way is rejected with `link.closed`. */
  close(code?: number, reason?: string): void;
  readonly bufferedBytes: number;
}

/** The typed peer over any pipe: JSON-RPC 2.0 framing, both directions validated by the contract. */
export function createPeer<C extends Contract, S extends Side>(options: PeerOptions<C, S>): Peer<C, S> {
  const { contract, side } = options;
  const core = new PeerCore({
    own: contract[side],
    other: contract[side === 'a' ? 'b' : 'a'],
    pipe: options.pipe,
    read: contract.dropsUnknownFields ? readOpen : (schema, value) => schema.safeParse(value),
    handlers: looseHandlers(options.handlers),
    clock: options.clock ?? platformClock,
    limits: { ...defaultPeerLimits, ...options.limits },
    defaultDeadlineMs: options.defaultDeadlineMs ?? 10_000,
    toRpcError: options.toRpcError ?? (() => undefined),
    logger: options.logger,
    link: `${contract.name}/${contract.version}/${side}`,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the core checks names and values at run time by the same contract which gives the types here.
  return core as unknown as Peer<C, S>;
}

function looseHandlers<H extends Half>(handlers: Handlers<H>): Record<string, LooseHandler> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each handler only gets what its own schema let in
  return handlers as unknown as Record<string, LooseHandler>;
}

/**
 * Validates and writes an event of `side` once, for `emitEncoded` on many peers.
 * @throws GuildhallError `request.invalid`
 */
export function encodeEvent<C extends Contract, S extends Side, K extends EventName<C[S]>>(
  contract: C,
  side: S,
  name: K,
  data: EventToSend<C[S], K>,
): EncodedEvent<C, S> {
  return { name, text: encodeEventOf(contract[side], name, data) };
}
