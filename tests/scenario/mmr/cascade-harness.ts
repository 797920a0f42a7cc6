import type { MeetingId, MeetingSettings, OverloadCause, Role, RouterId } from '@guildhall/domain';
import {
  FakeClock,
  generateSigningKey,
  publicKeyOf,
  seededRandom,
  signToken,
  silentLogger,
  type PrivateKeyJwk,
} from '@guildhall/kit';
import {
  BranchClaims,
  NodeIdSchema,
  routerAudience,
  RouterIdSchema,
  seatLifetimeMs,
  type MeetingEvent,
} from '@guildhall/protocol';
import { GuildhallError, memoryPipePair, type Pipe } from '@guildhall/rpc';
import { CascadeSession } from '../../../apps/mmr/src/cascade/server.ts';
import { openUplink } from '../../../apps/mmr/src/cascade/uplink.ts';
import { createFakeEngine } from '../../../apps/mmr/src/engine/fake/index.ts';
import { MeetingMedia } from '../../../apps/mmr/src/media/meeting-media.ts';
import { hearingRules } from '../../../apps/mmr/src/media/slots/hearing.ts';
import { BranchHouse } from '../../../apps/mmr/src/meeting/branch-house.ts';
import { MeetingDirectory } from '../../../apps/mmr/src/meeting/directory.ts';
import { Connection } from '../../../apps/mmr/src/signalling/connection.ts';
import { Room } from '../../../apps/mmr/src/signalling/room.ts';
import type { OpenMedia, ZonePort } from '../../../apps/mmr/src/types.ts';
import { meetingId, openSettings, prt, type Entrance } from './harness.ts';

/** One meeting on several routers of the fake engine, in one process and on one clock. */

const nodeId = NodeIdSchema.parse('nod_0000000000');
/** So much time passes at once: whoever dials must not be late because a signature takes a moment. */
const signingStepMs = 100;
const timings = { reconnectGraceMs: 30_000, emptyGraceMs: 60_000, restoreGraceMs: 60_000 };

export interface CascadeRouter extends Entrance {
  readonly routerId: RouterId;
  readonly engine: ReturnType<typeof createFakeEngine>;
  readonly meetings: MeetingDirectory;
  readonly branches: BranchHouse;
  readonly history: MeetingEvent[];
  /** Links to the owner of the meeting that were dialled; the newest is the one in use. */
  readonly links: Pipe[];
  /** What it measures. */
  overload: OverloadCause | null;
  /** While false nobody gets through to this router. */
  reachable: boolean;
}

interface World {
  readonly clock: FakeClock;
  readonly key: PrivateKeyJwk;
  readonly routers: Map<string, CascadeRouter>;
  /** How long the next message between two routers takes. */
  readonly delayMs: () => number;
  /** Proofs that are being signed, which takes time outside of the clock. */
  signing: number;
  /** Of each router. */
  readonly seats: number;
}

/** Messages come late, in order; those that are on the way when the link breaks are lost. */
const slowly = (pipe: Pipe, { clock, delayMs }: World): Pipe => {
  let dueMs = 0;
  let underWay = 0;
  let isClosed = false;
  pipe.onClose(() => {
    isClosed = true;
  });
  return {
    get bufferedBytes() {
      return pipe.bufferedBytes;
    },
    send: (text) => pipe.send(text),
    onClose: (callback) => pipe.onClose(callback),
    close: (code, reason) => pipe.close(code, reason),
    onMessage: (callback) =>
      pipe.onMessage((text) => {
        dueMs = Math.max(dueMs, clock.now() + delayMs());
        if (underWay === 0 && dueMs <= clock.now()) return callback(text);
        underWay += 1;
        clock.setTimeout(() => {
          underWay -= 1;
          if (!isClosed) callback(text);
        }, dueMs - clock.now());
      }),
  };
};

const makeRouter = (index: number, world: World): CascadeRouter => {
  const { clock, key, routers } = world;
  const routerId = RouterIdSchema.parse(`rtr_000000000${index}`);
  const random = seededRandom(index);
  const logger = silentLogger;
  const engine = createFakeEngine({ logger, workerCount: 1 });
  const history: MeetingEvent[] = [];
  const zone: ZonePort = {
    store: () => undefined,
    stored: async () => undefined,
    kept: async () => undefined,
    ended: async () => undefined,
    history: (event) => void history.push(event),
    loadChanged: () => undefined,
  };
  const openMedia: OpenMedia = (id, listener) =>
    MeetingMedia.open(id, listener, { engine, clock, random, logger, hearing: hearingRules(12, 4) });
  const meetings = new MeetingDirectory({
    openMedia,
    zone,
    clock,
    random,
    logger,
    timings,
    maxMeetings: () => 10,
    overload: () => router.overload,
  });
  const links: Pipe[] = [];
  const dial = async (url: string): Promise<Pipe> => {
    world.signing -= 1;
    const top = routers.get(new URL(url).hostname);
    if (!top?.reachable || !router.reachable) throw new GuildhallError('link.unreachable', 'down');
    const [ours, theirs] = memoryPipePair().map((pipe) => slowly(pipe, world));
    if (!ours || !theirs) throw new Error('two ends');
    const iat = Math.floor(clock.now() / 1000);
    const claims = BranchClaims.parse({
      iss: nodeId,
      aud: routerAudience(top.routerId),
      typ: 'branch',
      iat,
      exp: iat + 60,
      jti: `jti-${links.length}`,
      meetingId,
      epoch: 1,
      routerId,
      nodeId,
      nodeKey: publicKeyOf(key),
    });
    void new CascadeSession(theirs, claims, {
      routerId: top.routerId,
      keys: () => [publicKeyOf(key)],
      branchesOf: (id) => top.meetings.branchesOf(id),
      clock,
      logger,
    });
    links.push(ours);
    return ours;
  };
  const branches = new BranchHouse({
    openMedia,
    openUplink: (order, listener) =>
      openUplink(order, listener, {
        nodeId,
        // Asked for once before each dialling.
        get key() {
          world.signing += 1;
          return key;
        },
        routerId,
        authorityPem: undefined,
        clock,
        random,
        logger,
        dial,
      }),
    clock,
    random,
    logger,
    timings,
    overload: () => router.overload,
    owns: (id: MeetingId) => meetings.find(id) !== undefined,
    draining: () => meetings.draining,
    onChanged: () => undefined,
  });
  const find = (id: MeetingId) => meetings.find(id) ?? branches.find(id);
  const room = new Room({
    limit: () => world.seats,
    taken: () => meetings.places + branches.places,
    hasPlace: (...who) => meetings.hasPlace(...who) || branches.hasPlace(...who),
  });
  const router: CascadeRouter = {
    clock,
    routerId,
    engine,
    meetings,
    branches,
    history,
    links,
    overload: null,
    reachable: true,
    seat: (name: string, role: Role, change?: Record<string, unknown>) => {
      const participantId = prt(name);
      const subject = role === 'guest' ? `guest:${participantId}` : `usr_${name.padEnd(10, '0')}`;
      return signToken({
        key,
        issuer: nodeId,
        audience: routerAudience(routerId),
        typ: 'seat',
        lifetimeMs: seatLifetimeMs,
        clock,
        claims: { routerId, meetingId, participantId, subject, name, role, ...change },
      });
    },
    dialIn: () => {
      const [ours, theirs] = memoryPipePair();
      const seats = { routerId, keys: () => [publicKeyOf(key)], clock };
      const connection = new Connection(theirs, { meetings: { find }, seats, room, clock, logger });
      return { pipe: ours, connection };
    },
  };
  routers.set(`router${index}`, router);
  return router;
};

/** The first router owns the meeting, the others hold branches of it. */
export const makeCascade = async (
  count = 3,
  settings: Partial<MeetingSettings> = {},
  delayMs: () => number = () => 0,
) => {
  const clock = new FakeClock();
  const key = await generateSigningKey();
  const routers = new Map<string, CascadeRouter>();
  const world: World = { clock, key, routers, delayMs, signing: 0, seats: 200 };
  const list = Array.from({ length: count }, (_, index) => makeRouter(index + 1, world));
  const [top, ...subs] = list;
  if (!top) throw new Error('at least one router');
  const spec = {
    meetingId,
    number: '123456789',
    topic: 'Weekly',
    settings: { ...openSettings, ...settings },
  };
  await top.meetings.open({ meeting: spec, epoch: 1, checkpoint: null });
  const order = (owner: CascadeRouter, epoch: number) => ({
    meetingId,
    epoch,
    top: { routerId: owner.routerId, urls: [`ws://router${list.indexOf(owner) + 1}/v1/meeting`] },
    token: 'a.b.c',
  });
  /** Signatures are made outside of the clock: time passes until it is done. */
  const until = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    const settled = promise.finally(() => {
      done = true;
    });
    settled.catch(() => undefined);
    for (let turns = 0; !done && turns < 100_000; turns += 1) {
      await clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return settled;
  };
  for (const sub of subs) await until(sub.branches.open(order(top, 1)));
  /** Lets everything that is under way arrive, signatures too. */
  const settle = async (ms = 0): Promise<void> => {
    for (let turns = 0; turns < 20; turns += 1) {
      await clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (ms === 0) return;
    for (let leftMs = ms; leftMs > 0; leftMs -= signingStepMs) {
      await clock.advance(Math.min(leftMs, signingStepMs));
      do await new Promise((resolve) => setImmediate(resolve));
      while (world.signing > 0);
    }
    await settle();
  };
  await settle();
  /** How often each stream is on the pipes of a router, outwards, by the pipe. */
  const sent = (router: CascadeRouter): string[][] =>
    Array.from(router.engine.room(meetingId)?.pipes ?? [], ({ senders }) =>
      Array.from(senders, ({ producerId }) => producerId).toSorted(),
    );
  return { clock, spec, list, top, subs, order, until, settle, sent };
};
