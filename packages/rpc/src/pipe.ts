/** Why and how a link ended. `code` is a WebSocket close code (RFC 6455 §7.4). */
export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
}

/** Close codes of the WebSocket protocol itself. The 44xx of a link belong to its contract. */
export const wsCloseCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  abnormal: 1006,
  invalidText: 1007,
  policy: 1008,
  tooBig: 1009,
  internal: 1011,
  tryAgainLater: 1013,
} as const;

/**
 * Ordered, reliable text messages in both directions. Messages which arrive before `onMessage` are kept.
 * One consumer of messages; any number of watchers of the close (told at once when it is closed already).
 */
export interface Pipe {
  /** After close it does nothing. */
  send(text: string): void;
  onMessage(callback: (text: string) => void): void;
  onClose(callback: (info: CloseInfo) => void): void;
  /** Idempotent. Messages which arrive later are dropped. */
  close(code?: number, reason?: string): void;
  /** Bytes accepted by `send` and not yet handed to the network. */
  readonly bufferedBytes: number;
}

/** The inbox and the watchers, shared by all kinds of pipes. */
export class PipeEnd {
  #consumer: ((text: string) => void) | undefined;
  #early: string[] = [];
  #watchers: ((info: CloseInfo) => void)[] = [];
  #closed: CloseInfo | undefined;

  get closed(): CloseInfo | undefined {
    return this.#closed;
  }

  deliver(text: string): void {
    if (this.#closed) return;
    if (this.#consumer && this.#early.length === 0) this.#consumer(text);
    else this.#early.push(text);
  }

  consume(callback: (text: string) => void): void {
    if (this.#consumer) throw new Error('a pipe has one consumer of messages');
    this.#consumer = callback;
    // Not at once: the caller may still be registering what the messages are for.
    queueMicrotask(() => {
      while (this.#early.length > 0 && !this.#closed) callback(this.#early.shift() ?? '');
      this.#early = [];
    });
  }

  watch(callback: (info: CloseInfo) => void): void {
    const closed = this.#closed;
    if (closed) queueMicrotask(() => callback(closed));
    else this.#watchers.push(callback);
  }

  /** False when it was closed before. */
  end(info: CloseInfo): boolean {
    if (this.#closed) return false;
    this.#closed = info;
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher(info);
    return true;
  }
}

/** Two joined ends in one process: asynchronous, in order, nothing lost before the close. For tests and loopback. */
export function memoryPipePair(): [Pipe, Pipe] {
  const left = new PipeEnd();
  const right = new PipeEnd();
  return [memoryPipe(left, right), memoryPipe(right, left)];
}

function memoryPipe(own: PipeEnd, other: PipeEnd): Pipe {
  let bufferedBytes = 0;
  return {
    get bufferedBytes() {
      return bufferedBytes;
    },
    send(text) {
      if (own.closed) return;
      bufferedBytes += text.length;
      queueMicrotask(() => {
        bufferedBytes -= text.length;
        other.deliver(text);
      });
    },
    onMessage: (callback) => own.consume(callback),
    onClose: (callback) => own.watch(callback),
    close(code = wsCloseCodes.normal, reason = '') {
      const info = { code, reason };
      if (own.end(info)) queueMicrotask(() => other.end(info));
    },
  };
}
