import type { SpooledEvent } from '@guildhall/protocol';

/** What the uplink needs of the store's outbox. */
export interface OutboxSource {
  readonly epoch: string;
  /** Highest number that was ever on its way to the cloud, from disk. */
  readonly sentUpTo: number;
  readonly size: number;
  peek(limit: number): {
    readonly events: readonly { readonly seq: number; readonly event: SpooledEvent }[];
    /** Highest number looked at; 0 when the outbox is empty. */
    readonly lastSeq: number;
  };
  /** Before a number is sent for the first time. */
  markSent(seq: number): void;
  ack(seq: number): void;
  /** The numbers were given out before, by a disk that came back from the past: count under another name. */
  renewEpoch(): void;
  /** Returns how to stop. */
  onEvents(callback: () => void): () => void;
}
