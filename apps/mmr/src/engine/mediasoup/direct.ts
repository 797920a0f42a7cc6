import { RtpParametersSchema, type RtpCapabilities } from '@guildhall/protocol';
import type { LinkLogger } from '@guildhall/rpc';
import type { types } from 'mediasoup';
import { audioLevelIdOf, slotParameters } from '../capabilities.ts';
import { unknownProducer } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import type { Slot, Tap, Unsubscribe } from '../port.ts';

/** SSRCs on the direct transport; receivers get others, which the worker chooses. */
const firstSlotSsrc = 1_000;

/**
 * Packets between the worker and this process: one direct transport for a room, made when it is first needed. Each
 * packet is a message on the worker's pipe (measured: about 10 µs of Node for one that comes, 5 µs for one that goes).
 */
export class DirectSide {
  readonly #router: types.Router;
  readonly #capabilities: RtpCapabilities;
  readonly #logger: LinkLogger;
  #transport: Promise<types.DirectTransport> | undefined;
  #slots = 0;

  constructor(router: types.Router, capabilities: RtpCapabilities, logger: LinkLogger) {
    this.#router = router;
    this.#capabilities = capabilities;
    this.#logger = logger;
  }

  async tap(producerId: string): Promise<Tap> {
    const transport = await this.#direct();
    const inner = await transport.consume({ producerId, rtpCapabilities: this.#router.rtpCapabilities });
    if (inner.kind === 'audio') return new MediasoupTap(inner, this.#logger);
    inner.close();
    throw unknownProducer(producerId);
  }

  async slot(id: string, opened: (producer: types.Producer) => void): Promise<Slot> {
    const transport = await this.#direct();
    this.#slots += 1;
    const ssrc = firstSlotSsrc + this.#slots;
    const rtpParameters = slotParameters(this.#capabilities, id, ssrc);
    const inner = await transport.produce({ id, kind: 'audio', rtpParameters });
    opened(inner);
    return new MediasoupSlot(inner, ssrc, rtpParameters.codecs[0]?.payloadType ?? 0);
  }

  #direct(): Promise<types.DirectTransport> {
    this.#transport ??= this.#router.createDirectTransport();
    return this.#transport;
  }
}

class MediasoupTap implements Tap {
  readonly #inner: types.Consumer;
  readonly #packets: Listeners<Buffer>;
  readonly audioLevelId: number | undefined;

  constructor(inner: types.Consumer, logger: LinkLogger) {
    this.#inner = inner;
    this.#packets = new Listeners(logger);
    this.audioLevelId = audioLevelIdOf(RtpParametersSchema.parse(inner.rtpParameters));
    inner.on('rtp', (packet) => this.#packets.emit(packet));
  }

  get producerId(): string {
    return this.#inner.producerId;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  onPacket(listener: (packet: Buffer) => void): Unsubscribe {
    return this.#packets.add(listener);
  }

  close(): void {
    this.#packets.clear();
    this.#inner.close();
  }
}

class MediasoupSlot implements Slot {
  readonly kind = 'audio';
  readonly paused = false;
  readonly layers = { spatial: 1, temporal: 1 } as const;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly #inner: types.Producer;

  constructor(inner: types.Producer, ssrc: number, payloadType: number) {
    this.#inner = inner;
    this.ssrc = ssrc;
    this.payloadType = payloadType;
  }

  get id(): string {
    return this.#inner.id;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  send(packet: Buffer): void {
    if (!this.closed) this.#inner.send(packet);
  }

  close(): void {
    this.#inner.close();
  }
}
