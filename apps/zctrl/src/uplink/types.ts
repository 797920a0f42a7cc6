import type { MeetingEvent } from '@guildhall/protocol';

/** What the uplink needs of the store's outbox. */
export interface OutboxSource {
  readonly epoch: string;
  readonly size: number;
  peek(limit: number): {
    readonly events: readonly { readonly seq: number; readonly event: MeetingEvent }[];
    /** Highest number looked at; 0 when the outbox is empty. */
    readonly lastSeq: number;
  };
  ack(seq: number): void;
  /** Returns how to stop. */
  onEvents(callback: () => void): () => void;
}
