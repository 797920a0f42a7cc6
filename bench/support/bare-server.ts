import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BotTrack, createBotMedia, type BotEngine } from '@guildhall/bots';
import type { MediaSession } from '@guildhall/meeting-client';
import {
  ConsumerParametersSchema,
  newIdText,
  RtpCapabilitiesSchema,
  TrackIdSchema,
  TransportParametersSchema,
  type MediaOffer,
  type RtpCapabilities,
} from '@guildhall/protocol';
import { z } from 'zod';
import {
  measure,
  patternOf,
  pause,
  warmUpMs,
  type Contender,
  type Measured,
  type ServerProcess,
  type Shape,
} from './shape.ts';

const program = fileURLToPath(new URL('bare-mediasoup.ts', import.meta.url));
const Line = z.union([
  z.object({ ready: z.literal(true), workers: z.array(z.int()) }),
  z.object({ id: z.int(), error: z.string() }),
  z.object({ id: z.int(), answer: z.unknown() }),
]);

/** Bare mediasoup in a process of its own, driven over its stdin. */
class BareMediasoup {
  readonly servers: readonly ServerProcess[];
  readonly #child: ChildProcess;
  readonly #waiting: Map<number, PromiseWithResolvers<unknown>>;
  #lastId = 0;

  private constructor(child: ChildProcess, workers: readonly number[], waiting: BareMediasoup['waiting']) {
    this.#child = child;
    this.servers = [
      { role: 'node', pid: child.pid ?? 0 },
      ...workers.map((pid) => ({ role: 'worker', pid })),
    ];
    this.#waiting = waiting;
  }

  static async start(cores: string, workerCount: number): Promise<BareMediasoup> {
    const child = spawn('taskset', ['-c', cores, process.execPath, program, String(workerCount)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const waiting = new Map<number, PromiseWithResolvers<unknown>>();
    return new Promise((ready, failed) => {
      child.once('exit', (code) => failed(new Error(`bare mediasoup ended with ${code}`)));
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = Line.parse(JSON.parse(text));
        if ('ready' in line) return ready(new BareMediasoup(child, line.workers, waiting));
        const asked = waiting.get(line.id);
        waiting.delete(line.id);
        if ('error' in line) asked?.reject(new Error(line.error));
        else asked?.resolve(line.answer);
      });
    });
  }

  get waiting(): Map<number, PromiseWithResolvers<unknown>> {
    return this.#waiting;
  }

  ask(request: object): Promise<unknown> {
    this.#lastId += 1;
    const asked = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#lastId, asked);
    this.#child.stdin?.write(`${JSON.stringify({ ...request, id: this.#lastId })}\n`);
    return asked.promise;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await gone;
  }
}

interface Person {
  readonly session: MediaSession;
  readonly room: string;
  readonly recvTransport: string;
  readonly sends: readonly string[];
  readonly connected: Promise<void>;
}

/** One bot in one room of the bare server. */
const enter = async (
  server: BareMediasoup,
  engine: BotEngine,
  room: { readonly id: string; readonly capabilities: RtpCapabilities },
  wish: { readonly shape: Shape; readonly index: number },
): Promise<Person> => {
  const { shape, index } = wish;
  const made = async () =>
    TransportParametersSchema.parse(await server.ask({ do: 'transport', room: room.id }));
  const [send, recv] = await Promise.all([made(), made()]);
  const offer: MediaOffer = { epoch: 1, routerRtpCapabilities: room.capabilities, send, recv };
  const producing: Promise<unknown>[] = [];
  const connected = Promise.withResolvers<void>();
  const session = await createBotMedia(engine, patternOf(shape)).open(offer, {
    connect: (transport, dtlsParameters) => void server.ask({ do: 'connect', transport, dtlsParameters }),
    produce: ({ transportId: transport, trackId: producerId, kind, rtpParameters }) => {
      producing.push(server.ask({ do: 'produce', transport, kind, producerId, rtpParameters }));
    },
    onState: (_direction, state) => {
      if (state === 'connected') connected.resolve();
    },
  });
  const sends: string[] = [];
  const produce = async (source: 'mic' | 'camera'): Promise<void> => {
    const trackId = TrackIdSchema.parse(newIdText('track', (n) => crypto.getRandomValues(new Uint8Array(n))));
    const track = new BotTrack(source === 'mic' ? 'audio' : 'video', trackId);
    await session.produce({ source, trackId, track, muted: false });
    sends.push(trackId);
  };
  if (index < shape.voices) await produce('mic');
  if (index < shape.cameras) await produce('camera');
  await Promise.all(producing);
  return { session, room: room.id, recvTransport: recv.transportId, sends, connected: connected.promise };
};

/** The yardstick: mediasoup with nothing around it. */
export const bareMediasoup = (
  engineOf: () => Promise<BotEngine>,
  { cores, workers }: { readonly cores: string; readonly workers: number },
): Contender => ({
  name: 'bare mediasoup',
  run: async (shape: Shape, seconds: number): Promise<Measured> => {
    const server = await BareMediasoup.start(cores, workers);
    await using engine = await engineOf();
    try {
      const people: Person[] = [];
      for (let meeting = 0; meeting < shape.meetings; meeting += 1) {
        const id = `room-${meeting}`;
        const answer = z.object({
          codecs: z.unknown(),
          headerExtensions: z.array(z.object({ uri: z.string() }).loose()),
        });
        const raw = answer.parse(await server.ask({ do: 'room', room: id }));
        // Only what our schemas know, as the product offers it: each extension costs bytes in every packet.
        const capabilities = RtpCapabilitiesSchema.parse({
          codecs: raw.codecs,
          headerExtensions: raw.headerExtensions.filter(
            ({ uri }) => !/toffset|dependency|packet-id/u.test(uri),
          ),
        });
        for (let index = 0; index < shape.people; index += 1)
          people.push(await enter(server, engine, { id, capabilities }, { shape, index }));
      }
      await hearAll(server, people);
      await Promise.all(people.map(({ connected }) => connected));
      await pause(warmUpMs);
      return await measure(engine, server.servers, seconds);
    } finally {
      await server.stop();
    }
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

/** Everybody gets everything that the others of the room send. */
const hearAll = async (server: BareMediasoup, people: readonly Person[]): Promise<void> => {
  for (const person of people) {
    const others = people.filter((one) => one.room === person.room && one !== person);
    await Promise.all(
      others.flatMap(({ sends }) =>
        sends.map(async (producerId) => {
          const { room, recvTransport: transport, session } = person;
          const rtpCapabilities = session.rtpCapabilities;
          const answer = await server.ask({ do: 'consume', room, transport, producerId, rtpCapabilities });
          await session.consume(ConsumerParametersSchema.parse(answer));
        }),
      ),
    );
  }
};
