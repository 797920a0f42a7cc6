import type { LinkClock, LinkLogger } from './clock.ts';
import type { Half, RequestContext, RequestDef } from './contract.ts';
import { GuildhallError, isGuildhallError, linkErrorCodes } from './errors.ts';
import {
  errorFrame,
  eventFrame,
  idOf,
  invalid,
  readFrame,
  requestFrame,
  resultFrame,
  type Frame,
  type FrameId,
} from './frames.ts';
import { isLongerThan, parseStrictJson, StrictJsonError } from './json.ts';
import type { ReadMessage } from './open-fields.ts';
import type { PeerLimits, RequestOptions } from './peer.ts';
import { PendingRequests } from './pending.ts';
import { wsCloseCodes, type CloseInfo, type Pipe } from './pipe.ts';

export type LooseHandler = (input: unknown, context: RequestContext<unknown>) => unknown;

export interface PeerCoreOptions {
  own: Half;
  other: Half;
  pipe: Pipe;
  /** How what comes from the other side is read. */
  read: ReadMessage;
  handlers: Record<string, LooseHandler>;
  clock: LinkClock;
  limits: PeerLimits;
  defaultDeadlineMs: number;
  toRpcError: (error: unknown) => GuildhallError | undefined;
  logger: LinkLogger | undefined;
  /** Name of the link in log lines. */
  link: string;
}

/**
 * Several messages can arrive in one turn of the event loop. After an answer the next message waits this many
 * microtasks, so that whoever awaits the answer goes on before the events sent after it are told.
 */
const TURNS_AFTER_ANSWER = 8;
const TOO_MANY_ERRORS = 4413;

/** Everything a peer does, with the names and types of the contract checked at run time instead of by the compiler. */
export class PeerCore {
  readonly closed: Promise<CloseInfo>;
  readonly #options: PeerCoreOptions;
  readonly #pending: PendingRequests;
  readonly #inbox: string[] = [];
  readonly #listeners = new Map<string, Set<(data: unknown) => void>>();
  readonly #anyListeners = new Set<(name: string, data: unknown) => void>();
  readonly #serving = new Map<FrameId, AbortController>();
  #draining = false;
  #isClosed = false;
  #refusals = 0;

  constructor(options: PeerCoreOptions) {
    this.#options = options;
    this.#pending = new PendingRequests(options.clock, options.read);
    const { promise, resolve } = Promise.withResolvers<CloseInfo>();
    this.closed = promise;
    options.pipe.onClose((info) => {
      this.#end(info);
      resolve(info);
    });
    options.pipe.onMessage((text) => {
      this.#inbox.push(text);
      if (!this.#draining) void this.#drain();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get bufferedBytes(): number {
    return this.#options.pipe.bufferedBytes;
  }

  request(name: string, input: unknown, options: RequestOptions = {}): Promise<unknown> {
    const def = own(this.#options.other.requests, name);
    if (!def)
      return Promise.reject(
        new GuildhallError('request.unknown-method', `The contract has no request ${name}.`),
      );
    const checked = def.input.safeParse(input);
    if (!checked.success) return Promise.reject(invalid(`The request ${name}`, checked.error));
    if (this.#isClosed) return Promise.reject(linkClosed(name));
    const deadlineMs = options.deadlineMs ?? this.#options.defaultDeadlineMs;
    const { id, promise } = this.#pending.open(name, def, deadlineMs, options.signal);
    this.#send(requestFrame(id, name, checked.data));
    return promise;
  }

  emit(name: string, data: unknown): void {
    this.#send(encodeEventOf(this.#options.own, name, data));
  }

  emitEncoded(event: { text: string }): void {
    this.#send(event.text);
  }

  on(name: string, callback: (data: unknown) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(callback);
    return () => listeners.delete(callback);
  }

  onAny(callback: (name: string, data: unknown) => void): () => void {
    this.#anyListeners.add(callback);
    return () => this.#anyListeners.delete(callback);
  }

  close(code: number = wsCloseCodes.normal, reason = ''): void {
    this.#options.pipe.close(code, reason);
  }

  #send(text: string): void {
    if (this.#isClosed) return;
    this.#options.pipe.send(text);
    if (this.#options.pipe.bufferedBytes > this.#options.limits.maxBufferedBytes) {
      this.close(wsCloseCodes.tryAgainLater, 'the receiver does not keep up');
    }
  }

  #end(info: CloseInfo): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbox.length = 0;
    this.#pending.rejectAll((name) => linkClosed(name, info));
    for (const controller of this.#serving.values()) controller.abort();
    this.#serving.clear();
    this.#listeners.clear();
    this.#anyListeners.clear();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let text = this.#inbox.shift(); text !== undefined; text = this.#inbox.shift()) {
      if (this.#take(text)) await someMicrotasks(TURNS_AFTER_ANSWER);
    }
    this.#draining = false;
  }

  /** True when the message settled a request of ours. */
  #take(text: string): boolean {
    const { maxMessageBytes, maxDepth } = this.#options.limits;
    if (isLongerThan(text, maxMessageBytes)) {
      const sentence = `A message on this link holds at most ${maxMessageBytes} bytes.`;
      this.#refuse(new GuildhallError('request.too-large', sentence));
      this.close(wsCloseCodes.tooBig, 'message too large');
      return false;
    }
    let message: unknown;
    try {
      message = parseStrictJson(text, { maxDepth, maxBytes: maxMessageBytes });
      return this.#dispatch(readFrame(message));
    } catch (error) {
      if (error instanceof StrictJsonError)
        this.#refuse(new GuildhallError('request.malformed', error.message));
      else if (isGuildhallError(error)) this.#refuse(error, idOf(message));
      else throw error;
      return false;
    }
  }

  #dispatch(frame: Frame): boolean {
    switch (frame.kind) {
      case 'request':
        this.#serve(frame.id, frame.method, frame.params);
        return false;
      case 'event':
        this.#tell(frame.method, frame.params);
        return false;
      case 'result':
        return this.#pending.resolve(frame.id, frame.result);
      case 'error':
        break;
    }
    if (frame.id !== null) return this.#pending.reject(frame.id, frame.error);
    // Not answered, else two peers could send each other errors for ever.
    this.#note('the other side refused a message', frame.error);
    return false;
  }

  /** Answers a message which cannot be served; the link stays open unless there were too many of them. */
  #refuse(error: GuildhallError, id: FrameId | null = null): void {
    this.#note('refused a message', error);
    this.#send(errorFrame(id, error));
  }

  /** One line for the 1st, 2nd, 4th, 8th ... refusal: a hostile peer must not fill the log. */
  #note(what: string, error: GuildhallError): void {
    const count = ++this.#refusals;
    const isPowerOfTwo = (count & (count - 1)) === 0;
    const facts = { link: this.#options.link, code: error.code, field: error.field, refusedSoFar: count };
    if (isPowerOfTwo) this.#options.logger?.warn(facts, what);
    if (count > this.#options.limits.maxRefusals) this.close(TOO_MANY_ERRORS, 'too many errors');
  }

  #tell(name: string, data: unknown): void {
    const def = own(this.#options.other.events, name);
    const checked = def && this.#options.read(def.data, data);
    if (!checked?.success) {
      const error = checked ? invalid(`The event ${name}`, checked.error) : unknown('event', name);
      this.#note('ignored an event', error);
      return;
    }
    for (const listener of this.#anyListeners) this.#call(name, () => listener(name, checked.data));
    for (const listener of this.#listeners.get(name) ?? []) this.#call(name, () => listener(checked.data));
  }

  #call(event: string, listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#options.logger?.error(
        { link: this.#options.link, event, err: error },
        'a listener of an event failed',
      );
    }
  }

  #serve(id: FrameId, name: string, params: unknown): void {
    const def = own(this.#options.own.requests, name);
    const handler = own(this.#options.handlers, name);
    if (!def || !handler) return this.#refuse(unknown('request', name), id);
    const input = this.#options.read(def.input, params ?? {});
    if (!input.success) return this.#refuse(invalid(`The request ${name}`, input.error), id);
    if (this.#serving.has(id)) {
      return this.#send(
        errorFrame(id, new GuildhallError('request.invalid', `The id of ${name} is still in use.`)),
      );
    }
    if (this.#serving.size >= this.#options.limits.maxInFlight) {
      const sentence = `${this.#serving.size} requests are under way on this link; wait for an answer, then ask again.`;
      return this.#refuse(new GuildhallError('rate.limited', sentence, { retryAfterMs: 250 }), id);
    }
    const controller = new AbortController();
    this.#serving.set(id, controller);
    const answer = (output: unknown): void => {
      if (this.#serving.get(id) !== controller) return;
      const frame = this.#resultOf(id, name, def, output);
      this.#serving.delete(id);
      this.#send(frame);
    };
    const context: RequestContext<unknown> = {
      signal: controller.signal,
      reply: (output) => {
        answer(output);
        return output;
      },
    };
    const fail = (error: unknown): void => {
      if (this.#serving.get(id) !== controller) return;
      this.#serving.delete(id);
      this.#send(errorFrame(id, this.#toError(name, def, error)));
    };
    try {
      const output = handler(input.data, context);
      if (output instanceof Promise) void output.then(answer).catch(fail);
      else answer(output);
    } catch (error) {
      fail(error);
    }
  }

  /** @throws when our own answer breaks the contract; the caller turns that into `internal`. */
  #resultOf(id: FrameId, name: string, def: RequestDef, output: unknown): string {
    const checked = def.output.safeParse(output ?? {});
    if (checked.success) return resultFrame(id, checked.data);
    throw new Error(`our answer to ${name} breaks the contract: ${invalid('output', checked.error).message}`);
  }

  #toError(name: string, def: RequestDef, error: unknown): GuildhallError {
    const known = isGuildhallError(error) ? error : this.#options.toRpcError(error);
    if (known) {
      if (!def.errors.includes(known.code) && !isLinkErrorCode(known.code)) {
        const facts = { link: this.#options.link, request: name, code: known.code };
        this.#options.logger?.warn(facts, 'a handler raised an error which its contract does not list');
      }
      return known;
    }
    const incident = crypto.randomUUID();
    this.#options.logger?.error(
      { link: this.#options.link, request: name, incident, err: error },
      'a handler failed',
    );
    const sentence = `Something went wrong on our side while serving ${name}. Quote ${incident} to the operator.`;
    return new GuildhallError('internal', sentence, { details: { incident } });
  }
}

async function someMicrotasks(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}

/** Writes an event of `half`. @throws GuildhallError `request.invalid`, `request.unknown-method` */
export function encodeEventOf(half: Half, name: string, data: unknown): string {
  const def = own(half.events, name);
  if (!def) throw unknown('event', name);
  const checked = def.data.safeParse(data);
  if (!checked.success) throw invalid(`The event ${name}`, checked.error);
  // What was parsed, not what was given: keys which the contract does not know never leave.
  return eventFrame(name, checked.data);
}

/** A plain index would also find what objects inherit (`toString`). */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function unknown(kind: 'request' | 'event', name: string): GuildhallError {
  return new GuildhallError(
    'request.unknown-method',
    `There is no ${kind} "${name.slice(0, 64)}" on this link.`,
  );
}

function linkClosed(name: string, info?: CloseInfo): GuildhallError {
  const why = info && info.reason !== '' ? ` (${info.code}: ${info.reason})` : info ? ` (${info.code})` : '';
  return new GuildhallError('link.closed', `The link was closed before ${name} was answered${why}.`);
}

function isLinkErrorCode(code: string): boolean {
  return linkErrorCodes.some((known) => known === code);
}
