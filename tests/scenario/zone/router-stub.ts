import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createLogger,
  createMetrics,
  lifeLineOf,
  runService,
  signNodeProof,
  startAdmin,
  systemClock,
  systemRandom,
  watchLifeLine,
  writeRunFile,
} from '@guildhall/kit';
import type { MeetingCheckpoint, MeetingId, MeetingSpec } from '@guildhall/domain';
import {
  features,
  newIdText,
  NodeIdentity,
  ParticipantIdSchema,
  productVersion,
  protocolVersions,
  RouterIdSchema,
  zoneContract,
  type IdKind,
} from '@guildhall/protocol';
import { createPeer, GuildhallError, createReconnectingLink, type Peer, type Pipe } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';

/**
 * A multimedia router without media, run by the console in place of `mmr`: dials the controller, opens what it is told
 * to, keeps a checkpoint of it there and writes down what it was given, so that the scenarios of the zone need no media
 * worker.
 */

type Link = Peer<typeof zoneContract, 'b'>;

const environment = (name: string): string => {
  const value = process.env[`GUILDHALL_MMR_${name}`];
  if (value === undefined) throw new Error(`GUILDHALL_MMR_${name} is not set`);
  return value;
};
const idText = (kind: IdKind): string => newIdText(kind, (count) => systemRandom.bytes(count));

const identity = NodeIdentity.parse(JSON.parse(readFileSync(environment('IDENTITY_FILE'), 'utf8')));
const routerId = RouterIdSchema.parse(idText('router'));
const open = new Map<MeetingId, { epoch: number; startedAtMs: number }>();

function checkpointOf(spec: MeetingSpec): MeetingCheckpoint {
  const participantId = ParticipantIdSchema.parse(idText('participant'));
  const subject = `guest:${participantId}`;
  const person = {
    participantId,
    subject,
    name: 'Ada',
    role: 'guest',
    joinedAtMs: 1,
    handRaisedAtMs: null,
  } as const;
  return {
    spec,
    rev: 1,
    startedAtMs: 1,
    locked: true,
    people: [person],
    waiting: [],
    admitted: [],
    removed: [],
    chat: [],
  };
}

const reports = () =>
  [...open].map(([meetingId, { epoch, startedAtMs }]) => ({
    meetingId,
    epoch,
    startedAtMs,
    participants: 1,
  }));

async function hello(pipe: Pipe): Promise<Link> {
  const peer: Link = createPeer({
    contract: zoneContract,
    side: 'b',
    pipe,
    handlers: {
      'meeting.open': async ({ meeting, epoch, checkpoint }) => {
        const { meetingId } = meeting;
        const note = { routerId, epoch, checkpoint };
        writeFileSync(join(environment('NOTES'), `${meetingId}.json`), JSON.stringify(note));
        open.set(meetingId, { epoch, startedAtMs: systemClock.now() });
        const kept = { meetingId, epoch, rev: 1, checkpoint: checkpoint ?? checkpointOf(meeting) };
        await peer.request('checkpoint.put', kept);
        return { alreadyOpen: false };
      },
      'meeting.handover': () => {
        throw new GuildhallError('meeting.not-here', 'This router gives nothing away.');
      },
      'meeting.moved': () => ({}),
      'router.drain': () => ({}),
      'meeting.branch': () => ({}),
      'meeting.update': ({ meetingId }) => ({ isOpen: open.has(meetingId) }),
      'meeting.catchUp': ({ meetingId }) => ({ isOpen: open.has(meetingId) }),
      'meeting.merge': ({ meetingId }) => ({ isOpen: open.has(meetingId) }),
      'meeting.end': async ({ meetingId, reason }) => {
        const known = open.get(meetingId);
        open.delete(meetingId);
        if (known) {
          const end = { meetingId, epoch: known.epoch, reason, atMs: systemClock.now() };
          await peer.request('meeting.ended', end);
        }
        return {};
      },
    },
  });
  await peer.request('register', {
    protocol: protocolVersions.max,
    features: [...features],
    routerId,
    nodeId: identity.nodeId,
    version: productVersion,
    signallingUrls: ['ws://localhost:1/v1/meeting'],
    meetings: reports(),
  });
  const load = { participants: 0, meetings: open.size, workerCpu: 0, bitrateInBps: 0, bitrateOutBps: 0 };
  peer.emit('load.reported', { load, meetings: reports() });
  return peer;
}

const lifeLine = lifeLineOf(process.env);
await runService({
  role: 'mmr',
  logger: createLogger({ role: 'mmr' }),
  ...(lifeLine !== undefined && { lifeLine: (onEnd) => watchLifeLine(lifeLine, onEnd) }),
  start: async ({ logger, clock, onClose }) => {
    const { nodeId, key } = identity;
    const link = createReconnectingLink<Link>({
      dial: async (signal) => {
        const proof = await signNodeProof({ key, nodeId, audience: 'zctrl', role: 'mmr', clock });
        const headers = { authorization: `Bearer ${proof}` };
        return dialWs({ url: environment('CONTROLLERS'), headers, signal });
      },
      hello,
      backoff: { firstMs: 50, maxMs: 250 },
      clock,
      random: systemRandom,
      logger,
    });
    onClose('link', () => link.close());
    link.start();
    const admin = await startAdmin({
      logger,
      health: () => ({ ok: true }),
      ready: () => ({ ok: link.state.kind === 'connected' }),
      metrics: createMetrics('mmr'),
      debugState: () => ({ routerId, meetings: open.size }),
    });
    onClose('admin', () => admin.close());
    const runFile = await writeRunFile(environment('RUN_DIR'), {
      role: 'mmr',
      pid: process.pid,
      ports: {},
      adminPort: admin.port,
      startedAt: clock.now(),
    });
    onClose('run file', () => runFile.remove());
  },
});
