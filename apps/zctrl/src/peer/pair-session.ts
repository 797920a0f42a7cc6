import type { MeetingId, NodeId, ReserveAsk } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import { pairContract, type OpenPlace, type Policy } from '@guildhall/protocol';
import {
  createPeer,
  GuildhallError,
  type Handlers,
  type InputReceived,
  type OutputToSend,
  type Peer,
  type Pipe,
} from '@guildhall/rpc';
import type { StoredCopy, StoredEnd } from '../types.ts';

/** A checkpoint of a meeting of 2,000 people with a long chat. */
export const maxPairMessageBytes = 8 * 1024 * 1024;
const maxInFlight = 256;

type Listening = (typeof pairContract)['a'];
type Dialling = (typeof pairContract)['b'];
export type Hello = InputReceived<Listening, 'hello'>;
export type HelloBack = OutputToSend<Listening, 'hello'>;
type ReserveOutput =
  | { kind: 'granted'; epoch: number }
  | { kind: 'open'; place: OpenPlace }
  | { kind: 'busy' };

/** What this controller does for the other one, whichever of them dialled. */
export interface PairService {
  reserve(meetingId: MeetingId, ask: ReserveAsk): ReserveOutput;
  /** Never refused for its age. */
  keepCopy(copy: StoredCopy): Promise<void>;
  keepEnd(end: StoredEnd): void;
  takePolicy(policy: Policy): void;
}

/** The other controller over one pipe. All reject with what it answered, or `link.closed`, `request.timeout`. */
export interface PairSession {
  readonly remote: NodeId;
  readonly isClosed: boolean;
  readonly closed: Promise<unknown>;
  ping(deadlineMs: number): Promise<void>;
  reserve(
    ask: { meetingId: MeetingId; epoch: number; steps: number },
    deadlineMs: number,
  ): Promise<ReserveOutput>;
  putCheckpoint(copy: StoredCopy): Promise<void>;
  meetingEnded(end: StoredEnd): Promise<void>;
  tellPolicy(policy: Policy): void;
  close(code?: number, reason?: string): void;
}

interface SessionDeps {
  readonly pipe: Pipe;
  readonly service: PairService;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The end that was dialled. Nothing but `hello` is served before it.
 * @param hello what to answer; refuses by throwing
 * @param onGreeted told when the answer is on its way
 */
export function acceptPair(
  { pipe, service, clock, logger }: SessionDeps,
  remote: NodeId,
  hello: (input: Hello) => Promise<HelloBack>,
  onGreeted: (session: PairSession) => void,
): Peer<typeof pairContract, 'a'> {
  let isGreeted = false;
  const common = handlersOf(service, () => {
    if (isGreeted) return Promise.resolve(remote);
    throw new GuildhallError('protocol.hello-required', 'Send hello first.');
  });
  const peer = createPeer({
    contract: pairContract,
    side: 'a',
    pipe,
    handlers: {
      ...common,
      hello: async (input, context) => {
        const answer = await hello(input);
        isGreeted = true;
        context.reply(answer);
        onGreeted(sessionOf(peer, remote));
        return answer;
      },
    },
    clock,
    limits,
    logger,
  });
  peer.on('policy.changed', ({ policy }) => {
    if (isGreeted) service.takePolicy(policy);
  });
  return peer;
}

/**
 * The end that dialled: says hello and has the other one prove itself. What that one asks meanwhile waits for the proof.
 * @param proved answers who it is, or throws
 */
export async function dialPair(
  { pipe, service, clock, logger }: SessionDeps,
  hello: Hello,
  proved: (answer: HelloBack) => Promise<NodeId>,
): Promise<PairSession> {
  const remote = Promise.withResolvers<NodeId>();
  // Nobody may be waiting for it.
  remote.promise.catch(() => undefined);
  const peer = createPeer({
    contract: pairContract,
    side: 'b',
    pipe,
    handlers: handlersOf(service, () => remote.promise),
    clock,
    limits,
    logger,
  });
  peer.on('policy.changed', ({ policy }) => {
    remote.promise.then(
      () => service.takePolicy(policy),
      () => undefined,
    );
  });
  try {
    const nodeId = await proved(await peer.request('hello', hello));
    remote.resolve(nodeId);
    return sessionOf(peer, nodeId);
  } catch (error) {
    remote.reject(error);
    throw error;
  }
}

const limits = {
  maxMessageBytes: maxPairMessageBytes,
  maxInFlight,
  maxBufferedBytes: 8 * maxPairMessageBytes,
};

/** @param proved answers who is asking, once that is proved */
function handlersOf(service: PairService, proved: () => Promise<NodeId>): Handlers<Dialling> {
  return {
    ping: async () => {
      await proved();
      return {};
    },
    'meeting.reserve': async ({ meetingId, epoch, steps }) =>
      service.reserve(meetingId, { from: await proved(), epoch, steps }),
    'checkpoint.put': async (copy) => {
      await proved();
      await service.keepCopy(copy);
      return {};
    },
    'meeting.ended': async (end) => {
      await proved();
      service.keepEnd(end);
      return {};
    },
  };
}

type AnyPeer = Pick<Peer<typeof pairContract, 'a'>, 'request' | 'emit' | 'isClosed' | 'closed' | 'close'>;

function sessionOf(peer: AnyPeer, remote: NodeId): PairSession {
  return {
    remote,
    get isClosed() {
      return peer.isClosed;
    },
    closed: peer.closed,
    ping: async (deadlineMs) => void (await peer.request('ping', {}, { deadlineMs })),
    reserve: (ask, deadlineMs) => peer.request('meeting.reserve', ask, { deadlineMs }),
    putCheckpoint: async (copy) => void (await peer.request('checkpoint.put', copy)),
    meetingEnded: async (end) => void (await peer.request('meeting.ended', end)),
    tellPolicy: (policy) => peer.emit('policy.changed', { policy }),
    close: (code, reason) => peer.close(code, reason),
  };
}
