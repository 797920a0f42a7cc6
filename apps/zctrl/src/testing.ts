import {
  seededRandom,
  FakeClock,
  generateSigningKey,
  openSqlite,
  publicKeyOf,
  signToken,
  silentLogger,
} from '@guildhall/kit';
import {
  AccountIdSchema,
  defaultLimits,
  features,
  MeetingIdSchema,
  newIdText,
  NodeIdSchema,
  ParticipantIdSchema,
  productVersion,
  protocolVersions,
  RouterIdSchema,
  ticketIssuer,
  ticketLifetimeMs,
  zoneAudience,
  ZoneIdSchema,
  zoneContract,
  type IdKind,
  type MeetingUpdateOrder,
  type PortalChanges,
  type Policy,
} from '@guildhall/protocol';
import type {
  EndReason,
  MeetingCheckpoint,
  MeetingId,
  MeetingSpec,
  NodeId,
  OverloadCause,
  RouterId,
} from '@guildhall/domain';
import { createPeer, GuildhallError, memoryPipePair, type Handlers, type Peer } from '@guildhall/rpc';
import { openSettings } from '@guildhall/testkit/meeting-settings';
import { createJoinService } from './join/join-service.ts';
import { Reservations } from './peer/reservations.ts';
import type { PeerPort, WitnessPort } from './peer/types.ts';
import { MeetingDirectory } from './placement/meeting-directory.ts';
import { isUsable } from './placement/views.ts';
import { RouterRegistry } from './routers/registry.ts';
import { RouterSession } from './routers/router-session.ts';
import { Facts } from './store/facts.ts';
import { MeetingStore } from './store/meeting-store.ts';
import { Outbox } from './store/outbox.ts';
import { PolicyCache } from './store/policy-cache.ts';
import { migrations } from './store/schema.ts';
import type { SignBranch } from './types.ts';

/** A zone in memory for the tests of this app: everything real but the sockets, the clock and the routers. */

const random = seededRandom(7);
const idText = (kind: IdKind): string => newIdText(kind, (count) => random.bytes(count));

const newEpoch = (): string => idText('track');
export const newMeetingId = (): MeetingId => MeetingIdSchema.parse(idText('meeting'));
export const newRouterId = (): RouterId => RouterIdSchema.parse(idText('router'));
export const newNodeId = (): NodeId => NodeIdSchema.parse(idText('node'));

export function specOf(meetingId: MeetingId = newMeetingId()): MeetingSpec {
  return { meetingId, number: '123456789', topic: 'Stand-up', settings: openSettings };
}

export function checkpointOf(spec: MeetingSpec, rev = 3): MeetingCheckpoint {
  const participantId = ParticipantIdSchema.parse(idText('participant'));
  const person = {
    participantId,
    subject: `guest:${participantId}`,
    name: 'Ada',
    role: 'guest',
    joinedAtMs: 1,
    handRaisedAtMs: null,
  } as const;
  return {
    spec,
    rev,
    startedAtMs: 1,
    locked: true,
    people: [person],
    waiting: [],
    admitted: [],
    removed: [],
    chat: [],
  };
}

const noPeer: PeerPort = {
  reserve: async () => ({ kind: 'none' }),
  isAlone: false,
  onChange: () => () => {},
};

interface TestZoneOptions {
  readonly path?: string;
  readonly withPolicy?: boolean;
  readonly maxOutboxBytes?: number;
  readonly clock?: FakeClock;
  /** The other controller and the cloud, when the test has them. */
  readonly pair?: { readonly peer: PeerPort; readonly witness: WitnessPort };
}

export async function createTestZone({
  path = ':memory:',
  withPolicy = true,
  maxOutboxBytes = 1_000_000,
  clock = new FakeClock(),
  pair,
}: TestZoneOptions = {}) {
  const key = await generateSigningKey();
  const cloudKey = await generateSigningKey();
  const mmrKey = await generateSigningKey();
  const identity = {
    nodeId: newNodeId(),
    accountId: AccountIdSchema.parse(idText('account')),
    zoneId: ZoneIdSchema.parse(idText('zone')),
    key,
  };
  const policyOfZone: Policy = {
    rev: 1,
    accountId: identity.accountId,
    zoneId: identity.zoneId,
    mode: 'production',
    ticketKeys: [publicKeyOf(cloudKey)],
    nodes: [{ nodeId: identity.nodeId, role: 'controller', publicKey: publicKeyOf(key) }],
    webOrigins: ['http://localhost:8080'],
    limits: defaultLimits,
    passes: { maxAgeMs: 7 * 24 * 3_600_000, voidBeforeMs: 0, revoked: [] },
  };
  const open = (takesPolicy: boolean) => {
    const database = openSqlite(path, { migrations });
    const logger = silentLogger;
    const outbox = new Outbox({
      database,
      clock,
      logger,
      newEpoch,
      maxEvents: 100,
      maxBytes: maxOutboxBytes,
    });
    const store = new MeetingStore({ database, outbox, clock, logger });
    const policy = new PolicyCache({ ...identity, facts: new Facts(database), logger });
    if (takesPolicy) policy.accept(policyOfZone, { isCurrent: true });
    const registry = new RouterRegistry({
      clock,
      isUsable: (router) =>
        policy.current !== undefined && isUsable(router, policy.current.limits, clock.now()),
    });
    const signBranch: SignBranch = async ({ top }) => `branch.of.${top}`;
    const reservations = new Reservations({
      self: identity.nodeId,
      peer: pair?.peer ?? noPeer,
      witness: pair?.witness ?? { claim: async () => [] },
      store,
      placeOf: (meetingId) => directory.placeOf(meetingId),
      places: () => directory.places(),
      clock,
      logger,
    });
    const parts = { registry, store, policy, reservations, signBranch, clock, logger };
    const directory: MeetingDirectory = new MeetingDirectory(parts);
    registry.onUsable(() => directory.routerUsable());
    const service = createJoinService({ identity, policy, directory, store, clock });
    return { database, outbox, store, policy, registry, directory, reservations, service };
  };
  const parts = open(withPolicy);

  const sign = (typ: string, lifetimeMs: number, facts: Record<string, unknown>, signedWith = cloudKey) => {
    const { accountId, zoneId } = identity;
    const claims = { accountId, zoneId, name: 'Ada', ...facts };
    const audience = zoneAudience(zoneId);
    return signToken({ key: signedWith, issuer: ticketIssuer, audience, typ, lifetimeMs, claims, clock });
  };
  const ticket = (meeting: MeetingSpec, facts: Record<string, unknown> = {}, signedWith = cloudKey) => {
    const participantId = idText('participant');
    const claims = { participantId, subject: `guest:${participantId}`, role: 'guest', meeting, ...facts };
    return sign('ticket', ticketLifetimeMs, claims, signedWith);
  };
  /** What the cloud gives a member for when it does not answer itself. */
  const pass = (meeting: MeetingSpec, facts: Record<string, unknown> = {}, signedWith = cloudKey) => {
    const person = { participantId: idText('participant'), subject: 'usr_0000000000', role: 'host' };
    const claims = { ...person, meeting, issuedAtMs: clock.now(), ...facts };
    return sign('pass', 7 * 24 * 3_600_000, claims, signedWith);
  };

  return {
    ...parts,
    clock,
    identity,
    policyOfZone,
    cloudKey,
    mmrKey,
    ticket,
    pass,
    reopen: () => open(false),
  };
}

export type TestZone = Awaited<ReturnType<typeof createTestZone>>;

/** A router as the controller knows one: obeys epochs, refuses the older ones, remembers what it was told. */
export class FakeRouter {
  readonly routerId: RouterId;
  readonly nodeId: NodeId;
  readonly peer: Peer<typeof zoneContract, 'b'>;
  readonly meetings = new Map<
    MeetingId,
    { epoch: number; checkpoint: MeetingCheckpoint | null; startedAtMs: number }
  >();
  readonly branches = new Map<MeetingId, { epoch: number; top: RouterId }>();
  readonly ended: { meetingId: MeetingId; reason: EndReason }[] = [];
  readonly moved: MeetingId[] = [];
  readonly merged: { meetingId: MeetingId; epoch: number }[] = [];
  readonly highestEpoch = new Map<MeetingId, number>();
  readonly session: RouterSession;
  opens = 0;
  /** Of which copy the checkpoint of the last opening was. */
  openedFrom: number | undefined;
  refuseOpenWith: GuildhallError | undefined;
  readonly updates: MeetingUpdateOrder[] = [];
  readonly caughtUp: PortalChanges[] = [];
  refuseUpdateWith: GuildhallError | undefined;
  participants = 0;
  draining = false;
  overload: OverloadCause | undefined;

  constructor(zone: TestZone, facts: { routerId?: RouterId; nodeId?: NodeId } = {}) {
    this.routerId = facts.routerId ?? newRouterId();
    this.nodeId = facts.nodeId ?? newNodeId();
    const [theirs, ours] = memoryPipePair();
    const { identity, policy, registry, directory, store, outbox, clock } = zone;
    this.session = new RouterSession(theirs, this.nodeId, {
      identity,
      policy,
      registry,
      meetings: directory,
      store,
      outbox,
      seatKeys: () => [publicKeyOf(identity.key)],
      clock,
      logger: silentLogger,
    });
    this.peer = createPeer({
      contract: zoneContract,
      side: 'b',
      pipe: ours,
      handlers: this.#handlers(),
      clock,
      limits: { maxMessageBytes: 1024 * 1024 },
    });
  }

  async register(): Promise<void> {
    await this.peer.request('register', {
      protocol: protocolVersions.max,
      features: [...features],
      routerId: this.routerId,
      nodeId: this.nodeId,
      version: productVersion,
      signallingUrls: ['ws://localhost:8443/v1/signalling'],
      meetings: this.#reports(),
    });
  }

  report(): void {
    const load = {
      participants: this.participants,
      meetings: this.meetings.size,
      workerCpu: 0,
      bitrateInBps: 0,
      bitrateOutBps: 0,
    };
    const { draining, overload } = this;
    const branches = [...this.branches].map(([meetingId, { epoch }]) => ({
      meetingId,
      epoch,
      participants: 1,
    }));
    this.peer.emit('load.reported', {
      load,
      meetings: this.#reports(),
      ...(branches.length > 0 && { branches }),
      ...(draining && { draining }),
      ...(overload && { overload }),
    });
  }

  #reports() {
    return [...this.meetings].map(([meetingId, { epoch, startedAtMs }]) => {
      return { meetingId, epoch, startedAtMs, participants: 1 };
    });
  }

  #handlers(): Handlers<(typeof zoneContract)['b']> {
    return {
      'meeting.open': ({ meeting, epoch, checkpoint, checkpointEpoch }) => {
        this.opens++;
        this.openedFrom = checkpointEpoch;
        if (this.refuseOpenWith) throw this.refuseOpenWith;
        const { meetingId } = meeting;
        if (epoch < (this.highestEpoch.get(meetingId) ?? 0)) {
          throw new GuildhallError('zone.stale-epoch', 'This order is older than one already obeyed.');
        }
        this.highestEpoch.set(meetingId, epoch);
        const alreadyOpen = this.meetings.has(meetingId);
        if (!alreadyOpen) this.meetings.set(meetingId, { epoch, checkpoint, startedAtMs: 1 });
        return { alreadyOpen };
      },
      'meeting.branch': ({ meetingId, epoch, top }) => {
        if (this.refuseOpenWith) throw this.refuseOpenWith;
        this.branches.set(meetingId, { epoch, top: top.routerId });
        return {};
      },
      'meeting.merge': ({ meetingId, epoch }) => {
        const isOpen = this.meetings.has(meetingId);
        if (isOpen) this.merged.push({ meetingId, epoch });
        return { isOpen };
      },
      'meeting.end': ({ meetingId, reason }) => {
        this.branches.delete(meetingId);
        this.meetings.delete(meetingId);
        this.ended.push({ meetingId, reason });
        return {};
      },
      'meeting.handover': ({ meetingId }) => {
        const meeting = this.meetings.get(meetingId);
        if (!meeting?.checkpoint) throw new GuildhallError('meeting.not-here', 'It is not open here.');
        const { epoch, checkpoint } = meeting;
        const live = { people: [], refused: [], activeSpeaker: null };
        return { epoch, rev: checkpoint.rev, checkpoint, live };
      },
      'meeting.moved': ({ meetingId }) => {
        this.meetings.delete(meetingId);
        this.moved.push(meetingId);
        return {};
      },
      'router.drain': ({ draining }) => {
        this.draining = draining;
        return {};
      },
      'meeting.update': (update) => {
        if (this.refuseUpdateWith) throw this.refuseUpdateWith;
        const isOpen = this.meetings.has(update.meetingId);
        if (isOpen) this.updates.push(update);
        return { isOpen };
      },
      'meeting.catchUp': (missed) => {
        if (this.refuseUpdateWith) throw this.refuseUpdateWith;
        const isOpen = this.meetings.has(missed.meetingId);
        if (isOpen) this.caughtUp.push(missed);
        return { isOpen };
      },
    };
  }
}

/** A registered router that has reported, so that meetings may be placed on it. */
export async function linkRouter(
  zone: TestZone,
  facts: { routerId?: RouterId; nodeId?: NodeId } = {},
): Promise<FakeRouter> {
  const router = new FakeRouter(zone, facts);
  await router.register();
  router.report();
  await zone.clock.advance(0);
  return router;
}

/**
 * Lets time pass until the promise fails, and answers with what: signatures are checked on threads, which a fake clock
 * cannot await.
 */
export async function failureOf(zone: TestZone, promise: Promise<unknown>): Promise<unknown> {
  const outcome: { failure?: unknown } = {};
  const settled = promise.then(
    () => (outcome.failure = 'it succeeded'),
    (error: unknown) => (outcome.failure = error),
  );
  while (outcome.failure === undefined) await zone.clock.advance(100);
  await settled;
  return outcome.failure;
}
