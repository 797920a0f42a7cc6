import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, generateSigningKey, publicKeyOf, seededRandom, silentLogger } from '@guildhall/kit';
import {
  NodeIdSchema,
  RouterIdSchema,
  zoneContract,
  ZoneIdSchema,
  type ZoneControllers,
} from '@guildhall/protocol';
import { createPeer, memoryPipePair, type Peer, type Pipe } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import { openLearnedFile } from './learned-file.ts';
import type { LearnedFacts } from './learned.ts';
import { ZoneLinks } from './zone-links.ts';

const zoneId = ZoneIdSchema.parse('zon_0000000000');
const nodeAt = (n: number) => NodeIdSchema.parse(`nod_000000000${n}`);
const [self, first, second, third] = [nodeAt(0), nodeAt(1), nodeAt(2), nodeAt(3)];
const at = (host: string): string => `wss://${host}/v1/router`;
const unused = (): never => {
  throw new Error('not asked here');
};

/** A zone of controllers by their address, and one router that dials them. */
async function scene({ configured = [at('a')], kept }: { configured?: string[]; kept?: LearnedFacts } = {}) {
  const clock = new FakeClock();
  const seatKey = publicKeyOf(await generateSigningKey());
  const nodes = new Map([
    [at('a'), first],
    [at('b'), second],
  ]);
  const linked = new Map<string, Peer<typeof zoneContract, 'a'>>();
  const dialled: string[] = [];
  let told: ZoneControllers | undefined = {
    rev: 1,
    controllers: [first, second].map((nodeId, index) => ({ nodeId, urls: [at(index === 0 ? 'a' : 'b')] })),
  };
  const dial = (url: string): Promise<Pipe> => {
    dialled.push(url);
    const controllerId = nodes.get(url);
    if (controllerId === undefined) return Promise.reject(new Error('nobody is there'));
    const [ours, theirs] = memoryPipePair();
    const limits = { participantsPerRouter: 1, meetingsPerRouter: 1 };
    const facts = { zoneId, controllerId, seatKeys: [seatKey], webOrigins: [], limits };
    const peer = createPeer({
      contract: zoneContract,
      side: 'a',
      pipe: theirs,
      handlers: {
        register: () => ({ ...facts, ...(told && { zoneControllers: told }) }),
        'checkpoint.put': unused,
        'meeting.ended': unused,
        'events.put': unused,
      },
    });
    linked.set(url, peer);
    void peer.closed.then(() => linked.get(url) === peer && linked.delete(url));
    return Promise.resolve(ours);
  };
  const written: LearnedFacts[] = [];
  const links = new ZoneLinks({
    urls: configured,
    learnedStore: { kept, keep: (facts) => void written.push(facts) },
    nodeId: self,
    key: await generateSigningKey(),
    routerId: RouterIdSchema.parse('rtr_0000000000'),
    signallingUrls: ['wss://10.0.0.2/v1/meeting'],
    authorityPem: undefined,
    serverName: undefined,
    orders: {
      open: unused,
      branch: unused,
      end: unused,
      handover: unused,
      merge: unused,
      update: unused,
      catchUp: unused,
      moved: unused,
      drain: unused,
      turnedAway: unused,
    },
    clock,
    random: seededRandom(7),
    logger: silentLogger,
    dial,
  });
  const load = { meetings: 0, participants: 0, workerCpu: 0, bitrateInBps: 0, bitrateOutBps: 0 };
  const nothing = {
    meetings: () => [],
    branches: () => [],
    draining: () => false,
    drainEndsAtMs: () => null,
    overload: () => null,
  };
  links.start({ ...nothing, load: () => load }, () => undefined);
  return {
    links,
    nodes,
    linked,
    dialled,
    written,
    clock,
    tell: (zoneControllers: ZoneControllers | undefined) => {
      told = zoneControllers;
      if (zoneControllers) linked.get(at('a'))?.emit('controllers.changed', zoneControllers);
    },
    /** The proof of each attempt is signed by real cryptography, which no clock drives. */
    until: async (what: () => unknown, value: unknown): Promise<void> => {
      const look = async () => {
        await clock.advance(200);
        return what();
      };
      await expect.poll(look, { interval: 5, timeout: 20_000 }).toEqual(value);
    },
    addresses: () => [...linked.keys()].toSorted(),
  };
}

test('a controller tells of another one, which is linked, kept for the next start, and forgotten when it is gone', async () => {
  const zone = await scene();
  await zone.until(zone.addresses, [at('a'), at('b')]);
  expect(zone.links.linked).toBe(2);
  expect(zone.links.seatKeys).toHaveLength(2);
  const kept = { zoneId, controllers: [{ nodeId: second, urls: [at('b')] }] };
  expect(zone.written).toEqual([kept]);
  // It answers elsewhere now.
  zone.nodes.set(at('c'), second).delete(at('b'));
  zone.tell({ rev: 2, controllers: [{ nodeId: second, urls: [at('c')] }] });
  await zone.until(zone.addresses, [at('a'), at('c')]);
  // What the slower of the two says of an older policy does nothing.
  zone.tell({ rev: 3, controllers: [{ nodeId: second, urls: [at('c')] }] });
  await zone.clock.advance(0);
  zone.linked.get(at('c'))?.emit('controllers.changed', { rev: 1, controllers: [] });
  await zone.until(zone.addresses, [at('a'), at('c')]);
  zone.tell({ rev: 4, controllers: [] });
  await zone.until(zone.addresses, [at('a')]);
  expect(zone.links.seatKeys).toHaveLength(1);
  expect(zone.written.at(-1)).toEqual({ zoneId, controllers: [] });
  expect(zone.links.describe()).toMatchObject([{ url: at('a'), learned: false, state: 'connected' }]);
  zone.links.close();
});

test('a start that reaches none of those it is configured with finds the one it was told of', async () => {
  const kept = { zoneId, controllers: [{ nodeId: second, urls: [at('old'), at('b')] }] };
  const zone = await scene({ configured: [at('dead')], kept });
  zone.nodes.delete(at('a'));
  await zone.until(zone.addresses, [at('b')]);
  expect(zone.dialled).toContain(at('dead'));
  zone.links.close();
});

test('who answers at a learned address must be who it is said to be, and is told of nothing else', async () => {
  const zone = await scene();
  zone.nodes.set(at('b'), third);
  await zone.until(() => zone.dialled.includes(at('b')) && zone.addresses(), [at('a')]);
  const learned = () => zone.links.describe();
  await zone.until(() => JSON.stringify(learned()).includes('node.bad-proof'), true);
  expect(zone.links.linked).toBe(1);
  expect(zone.links.seatKeys).toHaveLength(1);
  zone.links.close();
});

test('an address without TLS is not taken, and one that is configured is dialled once', async () => {
  const zone = await scene({ configured: [at('a'), at('b')] });
  await zone.until(zone.addresses, [at('a'), at('b')]);
  zone.tell({
    rev: 2,
    controllers: [
      { nodeId: second, urls: [at('other-name-of-b')] },
      { nodeId: third, urls: ['ws://10.0.0.9:8802/v1/router', 'ws://localhost:8802/v1/router'] },
    ],
  });
  await zone.clock.advance(10_000);
  await zone.until(zone.addresses, [at('a'), at('b')]);
  // Which is dialled first hangs on which proof is signed first, and that is done on threads.
  expect([...new Set(zone.dialled)].toSorted()).toEqual([at('a'), at('b')]);
  // A controller of before says nothing, which is no news.
  zone.tell(undefined);
  zone.linked.get(at('a'))?.close();
  await zone.until(zone.addresses, [at('a'), at('b')]);
  zone.links.close();
});

test('the file is read back by its node only, and a damaged one counts as none', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'guildhall-learned-'));
  const dataDir = join(directory, 'mmr');
  const path = join(dataDir, 'controllers.json');
  const facts = { zoneId, controllers: [{ nodeId: second, urls: [at('b')] }] };
  const store = await openLearnedFile(dataDir, self, silentLogger);
  expect(store.kept).toBeUndefined();
  store.keep({ zoneId, controllers: [] });
  store.keep(facts);
  const text = () => readFile(path, 'utf8').catch(() => '');
  await expect.poll(text).toContain(at('b'));
  expect((await openLearnedFile(dataDir, self, silentLogger)).kept).toEqual(facts);
  expect((await openLearnedFile(dataDir, first, silentLogger)).kept).toBeUndefined();
  await writeFile(path, '{"zoneId":"zon_');
  expect((await openLearnedFile(dataDir, self, silentLogger)).kept).toBeUndefined();
  await rm(directory, { recursive: true });
});
