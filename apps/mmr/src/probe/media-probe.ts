import type { Clock, Timer } from '@guildhall/kit';
import { MediaProbeRequest, type MediaProbe, type MediaProbePlace } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { Engine, Room } from '../engine/port.ts';

/** A browser tries every place at once and gives up after 5 s; the rest is for a slow way to the console. */
const lifetimeMs = 10_000;
const maxRooms = 8;
const maxPlaces = 64;

interface MediaProbesOptions {
  readonly engine: Engine;
  readonly clock: Clock;
}

/**
 * Lets a browser find out whether it reaches the media ports, without a meeting. One probe at a time, closed by itself.
 * The rooms are no meeting's: nobody can send anything to anybody through them.
 */
export class MediaProbes {
  readonly #options: MediaProbesOptions;
  #rooms: Room[] = [];
  #isOpen = false;
  #timer: Timer | undefined;

  constructor(options: MediaProbesOptions) {
    this.#options = options;
  }

  /**
   * Opens a transport for each announced address and protocol of the workers.
   * @throws media.limit a probe is under way; media.unavailable no worker runs; request.invalid
   */
  async open(body: unknown): Promise<MediaProbe> {
    const request = MediaProbeRequest.safeParse(body);
    if (!request.success) throw new GuildhallError('request.invalid', 'The probe needs DTLS parameters.');
    if (this.#isOpen)
      throw new GuildhallError('media.limit', 'A probe is under way. Try again in ten seconds.');
    this.#isOpen = true;
    this.#timer = this.#options.clock.setTimeout(() => this.close(), lifetimeMs);
    try {
      const places: MediaProbePlace[] = [];
      for (const room of await this.#openRooms()) places.push(...(await this.#placesOf(room, request.data)));
      return { closesAfterMs: lifetimeMs, places: places.slice(0, maxPlaces) };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Ends the probe under way. Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const room of this.#rooms.splice(0)) room.close();
    this.#isOpen = false;
  }

  /** One room on each worker: the engine takes the one with the least load, so that some may be left out under load. */
  async #openRooms(): Promise<Room[]> {
    const { engine } = this.#options;
    const running = engine.workers().filter(({ state }) => state === 'running').length;
    const seen = new Set<string>();
    for (let index = 0; index < Math.min(Math.max(running, 1), maxRooms); index += 1) {
      const room = await engine.openRoom({ roomId: `probe-${index}` });
      if (seen.has(room.workerId)) room.close();
      else this.#rooms.push(room);
      seen.add(room.workerId);
    }
    return this.#rooms;
  }

  async #placesOf(room: Room, { dtlsParameters }: MediaProbeRequest): Promise<MediaProbePlace[]> {
    const open = async (index: number) => {
      const transport = await room.createTransport({ participantId: `probe-${index}`, direction: 'send' });
      await transport.connect(dtlsParameters);
      return transport.parameters;
    };
    // The first tells how many addresses there are.
    const first = await open(0);
    const others = await Promise.all(
      first.iceCandidates.slice(1).map((_candidate, index) => open(index + 1)),
    );
    return [first, ...others].flatMap((transport, index) => {
      const candidate = transport.iceCandidates[index];
      const { iceParameters, dtlsParameters: own } = transport;
      return candidate ? [{ candidate, iceParameters, dtlsParameters: own }] : [];
    });
  }
}
