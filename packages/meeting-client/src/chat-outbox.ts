import type { ChatLineId, MeetingView } from '@guildhall/domain';
import { asGuildhallError } from './link/errors.ts';
import type { LinkSlot } from './link/slot.ts';
import type { PendingLine } from './types.ts';

/**
 * Lines typed here, sent in order and each once: the line id is chosen here, so that a line whose answer was lost may
 * be sent again. A line leaves the outbox when the meeting shows it.
 */
export class ChatOutbox {
  readonly #link: LinkSlot;
  readonly #newLineId: () => ChatLineId;
  readonly #onChange: (lines: readonly PendingLine[]) => void;
  readonly #stop = new AbortController();
  #lines: readonly PendingLine[] = [];
  #sending = false;
  readonly #sent = new Set<ChatLineId>();

  constructor(
    link: LinkSlot,
    newLineId: () => ChatLineId,
    onChange: (lines: readonly PendingLine[]) => void,
  ) {
    this.#link = link;
    this.#newLineId = newLineId;
    this.#onChange = onChange;
  }

  add(text: string): ChatLineId {
    const lineId = this.#newLineId();
    this.#set([...this.#lines, { lineId, text }]);
    void this.#drain();
    return lineId;
  }

  /** Takes a refused line away. */
  discard(lineId: ChatLineId): void {
    this.#set(this.#lines.filter((line) => line.lineId !== lineId));
  }

  /** The meeting's view is the proof that a line has arrived. */
  confirm(view: MeetingView): void {
    if (this.#lines.length === 0) return;
    const shown = new Set(view.chat.map((line) => line.lineId));
    const left = this.#lines.filter((line) => !shown.has(line.lineId));
    if (left.length < this.#lines.length) this.#set(left);
  }

  close(): void {
    this.#stop.abort();
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let line = this.#next(); line; line = this.#next()) {
      const { lineId, text } = line;
      try {
        await this.#link.request('chat.send', { lineId, text }, this.#stop.signal);
        this.#sent.add(lineId);
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        const refusal = asGuildhallError(error);
        this.#set(this.#lines.map((one) => (one.lineId === lineId ? { ...one, error: refusal } : one)));
      }
    }
    this.#sending = false;
  }

  #next(): PendingLine | undefined {
    return this.#lines.find((line) => !line.error && !this.#sent.has(line.lineId));
  }

  #set(lines: readonly PendingLine[]): void {
    this.#lines = lines;
    this.#onChange(lines);
  }
}
