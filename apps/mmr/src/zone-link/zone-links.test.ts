import { FakeClock, generateSigningKey, publicKeyOf, seededRandom, silentLogger } from '@guildhall/kit';
import { NodeIdSchema, RouterIdSchema, zoneContract, ZoneIdSchema } from '@guildhall/protocol';
import { createPeer, GuildhallError, memoryPipePair, type Pipe } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import { ZoneLinks } from './zone-links.ts';

const nodeId = NodeIdSchema.parse('nod_0000000000');
const routerId = RouterIdSchema.parse('rtr_0000000000');
const url = 'wss://10.0.0.1:443/v1/router';

async function scene(dial: () => Promise<Pipe>) {
  const clock = new FakeClock();
  const unused = (): never => {
    throw new Error('not asked here');
  };
  const links = new ZoneLinks({
    urls: [url],
    learnedStore: { kept: undefined, keep: () => undefined },
    nodeId,
    key: await generateSigningKey(),
    routerId,
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
  const load = {
    meetings: 0,
    participants: 0,
    workerCpu: 0,
    bitrateInBps: 0,
    bitrateOutBps: 0,
  };
  const nothing = {
    meetings: () => [],
    branches: () => [],
    draining: () => false,
    drainEndsAtMs: () => null,
    overload: () => null,
  };
  links.start({ ...nothing, load: () => load }, () => undefined);
  return { links, clock };
}

test('a controller that does not know this node is dialled ever more seldom, and why is told', async () => {
  let dials = 0;
  const { links, clock } = await scene(() => {
    dials += 1;
    return Promise.reject(new GuildhallError('node.unknown', 'Not of this zone.'));
  });
  await expect.poll(() => links.describe()).toMatchObject([{ failure: 'node.unknown' }]);
  for (let second = 0; second < 1_200; second++) {
    await clock.advance(1_000);
    // The proof of each attempt is signed by real cryptography, which no clock drives.
    await expect.poll(() => links.describe(), { interval: 1 }).toMatchObject([{ state: 'waiting' }]);
  }
  expect(dials).toBeGreaterThan(20);
  expect(dials).toBeLessThan(80);
  links.close();
});

test('a router learns from its controllers which version hosts meetings', async () => {
  const [ours, theirs] = memoryPipePair();
  const seatKey = publicKeyOf(await generateSigningKey());
  const unused = (): never => {
    throw new Error('not asked here');
  };
  const controller = createPeer({
    contract: zoneContract,
    side: 'a',
    pipe: theirs,
    handlers: {
      register: () => ({
        zoneId: ZoneIdSchema.parse('zon_0000000000'),
        controllerId: nodeId,
        seatKeys: [seatKey],
        webOrigins: [],
        limits: { participantsPerRouter: 1, meetingsPerRouter: 1 },
      }),
      'checkpoint.put': unused,
      'meeting.ended': unused,
      'events.put': unused,
    },
  });
  const { links } = await scene(() => Promise.resolve(ours));
  await expect.poll(() => links.linked).toBe(1);
  expect(links.describe()).toMatchObject([{ state: 'connected' }]);
  expect(links.minimumVersion).toBeUndefined();
  const minimum = { version: '9.0.0', fromMs: 5 };
  controller.emit('version.required', { minimum });
  await expect.poll(() => links.minimumVersion).toEqual(minimum);
  controller.emit('version.required', { minimum: null });
  await expect.poll(() => links.minimumVersion).toBeUndefined();
  links.close();
  controller.close();
});
