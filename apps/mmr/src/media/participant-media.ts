import type { ParticipantId } from '@guildhall/domain';
import { RateLimiter } from '@guildhall/kit';
import type { DtlsParameters, IceParameters, MediaOffer, RtpCapabilities } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { Producer, Transport } from '../engine/port.ts';
import type { LinkMeasure, ProduceRequest } from '../types.ts';
import { LinkMeter } from './link-meter.ts';
import { RecentStats } from './recent-stats.ts';
import { Receiver } from './receiver.ts';
import type { MediaSurroundings } from './types.ts';

/** One ICE restart every two seconds for each transport, with a small reserve: a roaming phone needs several. */
const restartBurst = 3;
const restartsPerSecond = 0.5;
/** The estimate of a link that is this old still tells whether it is enough. */
const freshMs = 5_000;

/** The transports of one participant and what is on them, from one offer to the next. */
export class ParticipantMedia {
  readonly participantId: ParticipantId;
  readonly receiver: Receiver;
  readonly offer: MediaOffer;
  /** Quality of what arrives, 0 to 10, by track. */
  readonly scores = new Map<string, number>();
  readonly #send: Transport;
  readonly #recv: Transport;
  readonly #recvStats: RecentStats;
  readonly #restarts: RateLimiter;
  readonly #meter = new LinkMeter();
  readonly #producing = new Map<string, Promise<Producer>>();
  #closed = false;

  private constructor(
    participantId: ParticipantId,
    send: Transport,
    recv: Transport,
    around: MediaSurroundings,
  ) {
    this.participantId = participantId;
    this.#send = send;
    this.#recv = recv;
    this.#recvStats = new RecentStats(recv, around.clock);
    this.receiver = new Receiver(participantId, recv, around);
    this.#restarts = new RateLimiter({
      capacity: restartBurst,
      refillPerSecond: restartsPerSecond,
      maxKeys: 2,
      clock: around.clock,
    });
    this.offer = {
      epoch: around.epoch,
      routerRtpCapabilities: around.room.rtpCapabilities,
      send: send.parameters,
      recv: recv.parameters,
    };
  }

  /** @throws media.unavailable, media.limit */
  static async open(participantId: ParticipantId, around: MediaSurroundings): Promise<ParticipantMedia> {
    const make = (direction: 'send' | 'recv'): Promise<Transport> =>
      around.room.createTransport({ participantId, direction });
    const [send, recv] = await Promise.allSettled([make('send'), make('recv')]);
    if (send.status === 'fulfilled' && recv.status === 'fulfilled') {
      return new ParticipantMedia(participantId, send.value, recv.value, around);
    }
    for (const one of [send, recv]) if (one.status === 'fulfilled') one.value.close();
    throw send.status === 'rejected' ? send.reason : recv.status === 'rejected' ? recv.reason : undefined;
  }

  /** Whether a browser that comes back can go on with these: it has begun to use them and they are alive. */
  get isRunning(): boolean {
    return this.receiver.isAttached && !this.#closed && !this.#send.closed && !this.#recv.closed;
  }

  attach(capabilities: RtpCapabilities): void {
    this.receiver.attach(capabilities);
  }

  connect(transportId: string, dtlsParameters: DtlsParameters): Promise<void> {
    return this.#transport(transportId).connect(dtlsParameters);
  }

  async restartIce(transportId: string): Promise<IceParameters> {
    const transport = this.#transport(transportId);
    const decision = this.#restarts.take(transport.direction);
    if (decision.ok) return transport.restartIce();
    const { retryAfterMs } = decision;
    throw new GuildhallError('rate.limited', 'The connection is being restarted too often; wait a moment.', {
      retryAfterMs,
    });
  }

  /** The same track asked for twice at once is one. */
  produce(request: ProduceRequest): Promise<Producer> {
    const { trackId, kind, source, rtpParameters, muted } = request;
    const transport = this.#transport(request.transportId);
    const under = this.#producing.get(trackId);
    if (under) return under;
    const isAudio = source === 'mic' || source === 'screen-audio';
    if (isAudio !== (kind === 'audio')) {
      const sentence = `${source} is ${isAudio ? 'audio' : 'video'}, not ${kind}.`;
      return Promise.reject(new GuildhallError('media.invalid-parameters', sentence, { field: 'kind' }));
    }
    const options = { producerId: trackId, kind, source, rtpParameters, paused: muted };
    const producing = transport.produce(options).finally(() => this.#producing.delete(trackId));
    this.#producing.set(trackId, producing);
    return producing;
  }

  /** How well its media gets through, 0 to 10 each way. */
  async quality(): Promise<{ up: number; down: number }> {
    const scores = [...this.scores.values()];
    const up = scores.length === 0 ? 10 : Math.min(...scores);
    const needed = this.receiver.neededBps;
    if (needed === 0) return { up, down: 10 };
    const { availableOutgoingBitrateBps: available } = await this.#recvStats.statsWithin(freshMs);
    const enough = available === undefined || available >= needed;
    return { up, down: enough ? 10 : Math.round((10 * available) / needed) };
  }

  /** @param sent what this participant sends */
  measure(sent: readonly Producer[]): Promise<LinkMeasure> {
    const { mostTelling } = this.receiver;
    return this.#meter.measure({ send: this.#send, recv: this.#recvStats, sent, received: mostTelling });
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.receiver.close();
    this.#send.close();
    this.#recv.close();
  }

  #transport(transportId: string): Transport {
    if (!this.#closed && this.#send.id === transportId) return this.#send;
    if (!this.#closed && this.#recv.id === transportId) return this.#recv;
    throw unknownTransport();
  }
}

export const unknownTransport = (): GuildhallError =>
  new GuildhallError('media.unknown-transport', 'There is no such transport of yours.');
