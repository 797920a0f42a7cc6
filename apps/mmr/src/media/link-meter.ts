import type { Consumer, Producer, Transport } from '../engine/port.ts';
import type { LinkMeasure } from '../types.ts';

/** Fewer packets than this since the last measurement say nothing about loss. */
const fewestPackets = 20;

interface Counters {
  readonly id: string;
  readonly packets: number;
  readonly lost: number;
}

type Sent = Pick<Producer, 'id' | 'kind' | 'source' | 'paused' | 'closed' | 'stats'>;

interface Measured {
  readonly send: Pick<Transport, 'stats'>;
  readonly recv: Pick<Transport, 'stats'>;
  /** What the participant sends. */
  readonly sent: readonly Sent[];
  /** One stream it receives. */
  readonly received: Pick<Consumer, 'id' | 'stats'> | undefined;
}

/** Makes rates of loss out of the engine's counters. Four questions to the worker at most: of who sends nothing it asks nothing. */
export class LinkMeter {
  #in: Counters | undefined;
  #out: Counters | undefined;

  /** @throws GuildhallError when one of them was closed meanwhile */
  async measure({ send, recv, sent, received }: Measured): Promise<LinkMeasure> {
    const producer = mostTelling(sent);
    const [up, down, heard, given] = await Promise.all([
      producer && send.stats(),
      recv.stats(),
      producer?.stats(),
      received?.stats(),
    ]);
    const into =
      producer && heard
        ? { id: producer.id, packets: heard.packetsReceived, lost: heard.packetsLost }
        : undefined;
    const out =
      received && given
        ? { id: received.id, packets: given.packetsSent - given.packetsLost, lost: given.packetsLost }
        : undefined;
    const measure: LinkMeasure = {
      bitrateInBps: up?.bitrateInBps ?? 0,
      bitrateOutBps: down.bitrateOutBps,
      lossIn: lossBetween(this.#in, into),
      lossOut: lossBetween(this.#out, out),
      roundTripTimeMs: given?.roundTripTimeMs ?? null,
      jitterMs: producer?.kind === 'audio' ? (heard?.jitterMs ?? null) : null,
      transport: up?.protocol ?? down.protocol ?? null,
    };
    this.#in = into;
    this.#out = out;
    return measure;
  }
}

/** Speech flows evenly; of pictures a single one is as good as any. */
function mostTelling(sent: readonly Sent[]): Sent | undefined {
  const flowing = sent.filter(({ paused, closed }) => !paused && !closed);
  return flowing.find(({ source }) => source === 'mic') ?? flowing[0];
}

/** Null for another stream than before, and for too few packets. */
function lossBetween(before: Counters | undefined, now: Counters | undefined): number | null {
  if (!before || !now || before.id !== now.id) return null;
  const got = Math.max(0, now.packets - before.packets);
  // Counts go down when a packet that was given up comes late after all.
  const lost = Math.max(0, now.lost - before.lost);
  return got + lost < fewestPackets ? null : lost / (got + lost);
}
