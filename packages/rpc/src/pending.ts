import type { LinkClock, TimerHandle } from './clock.ts';
import type { RequestDef } from './contract.ts';
import { GuildhallError } from './errors.ts';
import { invalid, type FrameId } from './frames.ts';
import type { ReadMessage } from './open-fields.ts';

interface Pending {
  readonly name: string;
  readonly def: RequestDef;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: GuildhallError) => void;
  readonly timer: TimerHandle;
  readonly unlisten: () => void;
}

/** The requests we sent and which have no answer yet. */
export class PendingRequests {
  readonly #clock: LinkClock;
  readonly #byId = new Map<FrameId, Pending>();
  readonly #read: ReadMessage;
  #lastId = 0;

  constructor(clock: LinkClock, read: ReadMessage) {
    this.#clock = clock;
    this.#read = read;
  }

  open(
    name: string,
    def: RequestDef,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): { id: number; promise: Promise<unknown> } {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const cancel = (): void => {
      this.reject(
        id,
        new GuildhallError('request.cancelled', `${name} was cancelled before it was answered.`),
      );
    };
    const late = (): void => {
      const sentence = `${name} was not answered within ${deadlineMs} ms.`;
      this.reject(id, new GuildhallError('request.timeout', sentence));
    };
    signal?.addEventListener('abort', cancel, { once: true });
    this.#byId.set(id, {
      name,
      def,
      resolve,
      reject,
      timer: this.#clock.setTimeout(late, deadlineMs),
      unlisten: () => signal?.removeEventListener('abort', cancel),
    });
    if (signal?.aborted) cancel();
    return { id, promise };
  }

  /** False for an id which we do not know (answered late, or never asked). */
  resolve(id: FrameId, result: unknown): boolean {
    const pending = this.#take(id);
    if (!pending) return false;
    const checked = this.#read(pending.def.output, result);
    if (checked.success) pending.resolve(checked.data);
    else pending.reject(brokenAnswer(pending.name, invalid('The answer', checked.error)));
    return true;
  }

  reject(id: FrameId, error: GuildhallError): boolean {
    const pending = this.#take(id);
    pending?.reject(error);
    return pending !== undefined;
  }

  rejectAll(errorFor: (name: string) => GuildhallError): void {
    for (const [id, { name }] of this.#byId) this.reject(id, errorFor(name));
  }

  #take(id: FrameId): Pending | undefined {
    const pending = this.#byId.get(id);
    if (!pending) return undefined;
    this.#byId.delete(id);
    pending.timer.cancel();
    pending.unlisten();
    return pending;
  }
}

function brokenAnswer(name: string, cause: GuildhallError): GuildhallError {
  return new GuildhallError('internal', `The other side's answer to ${name} breaks the contract.`, {
    field: cause.field,
    cause,
  });
}
