import { features, meetingContract, type HelloAnswer, type ZoneJoinAnswer } from '@guildhall/protocol';
import { createPeer, GuildhallError, isGuildhallError, type CloseInfo, type Pipe } from '@guildhall/rpc';
import type { ClientDeps } from '../deps.ts';
import type { MeetingEnd } from '../types.ts';
import { endOfClose } from './errors.ts';
import { Gate } from './gate.ts';
import { raceWays, within, type Way } from './race.ts';
import type { MeetingPeer } from './slot.ts';

const DIAL_LIMIT_MS = 5_000;
const HELLO_LIMIT_MS = 8_000;
/** A hello we gave up on may still be obeyed for this long, and its link take the place of the one we use. */
const STRAY_HELLO_MS = 15_000;
/** The router speaks to us in whole snapshots. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** One try to get in, by several ways at once. */
export interface Attempt {
  /** A router let us in: whoever would still say hello to another one would push this link out. */
  isAnswered: boolean;
}

/** A link on which hello was answered; its events wait behind the gate. */
export interface Hello {
  readonly peer: MeetingPeer;
  readonly gate: Gate;
  readonly answer: HelloAnswer;
  readonly seat: ZoneJoinAnswer;
}

export interface GreeterOptions {
  readonly deps: Pick<ClientDeps, 'clock' | 'openLink'>;
  /** A new link, before hello: hear its events through the gate. */
  readonly onPeer: (peer: MeetingPeer, gate: Gate) => void;
  /** What to resume with on this router, if anything. */
  readonly resumeOn: (routerId: string) => { readonly sessionId: string; readonly rev: number } | undefined;
}

/** Dials a router and says hello to it. One hello at a time: two at once would look like two people. */
export class Greeter {
  readonly #options: GreeterOptions;
  #turn: Promise<void> = Promise.resolve();
  #strayUntilMs = -Infinity;

  constructor(options: GreeterOptions) {
    this.#options = options;
  }

  /** True while a hello nobody waits for any more may still be obeyed by its router. */
  get mayBeStray(): boolean {
    return this.#options.deps.clock.now() < this.#strayUntilMs;
  }

  /**
   * @throws GuildhallError the router's refusal, `request.timeout` after 5 s without a link or 8 s without an answer,
   * `request.cancelled` when another way was quicker
   */
  async enter(seat: ZoneJoinAnswer, attempt: Attempt, signal: AbortSignal): Promise<Hello> {
    const { clock, openLink } = this.#options.deps;
    const dials = seat.routerUrls.map((url): Way<Pipe> => async (stop) => {
      const pipe = await openLink(url, stop);
      // The others keep what they open after the race is won to themselves.
      if (stop.aborted) pipe.close();
      return pipe;
    });
    const pipe = await within(DIAL_LIMIT_MS, 'The router', clock, signal, (stop) => raceWays(dials, stop));
    return this.#inTurn(() => this.#hello(pipe, seat, attempt, signal));
  }

  async #hello(pipe: Pipe, seat: ZoneJoinAnswer, attempt: Attempt, signal: AbortSignal): Promise<Hello> {
    if (signal.aborted || attempt.isAnswered) {
      pipe.close();
      throw new GuildhallError('request.cancelled', 'Another way was quicker.');
    }
    const { deps, onPeer, resumeOn } = this.#options;
    const peer: MeetingPeer = createPeer({
      contract: meetingContract,
      side: 'b',
      pipe,
      handlers: {},
      clock: deps.clock,
      limits: { maxMessageBytes: MAX_MESSAGE_BYTES },
    });
    const gate = new Gate();
    onPeer(peer, gate);
    const resume = resumeOn(seat.routerId);
    const input = {
      protocol: meetingContract.version,
      features: [...features],
      seat: seat.seat,
      ...(resume ? { resume } : {}),
    };
    try {
      const answer = await peer.request('hello', input, { deadlineMs: HELLO_LIMIT_MS, signal });
      attempt.isAnswered = true;
      return { peer, gate, answer, seat };
    } catch (error) {
      if (isGuildhallError(error, 'request.timeout') || isGuildhallError(error, 'request.cancelled')) {
        this.#strayUntilMs = deps.clock.now() + STRAY_HELLO_MS;
      }
      peer.close(1000, 'hello was refused');
      // The close that comes with a refusal says more than "closed".
      if (isGuildhallError(error, 'link.closed')) throw errorOfClose(await peer.closed, error);
      throw error;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }
}

const codeOfEnd: Partial<Record<MeetingEnd['kind'], string>> = {
  removed: 'meeting.removed',
  replaced: 'link.replaced',
  ended: 'meeting.ended',
};

const errorOfClose = (info: CloseInfo, error: GuildhallError): GuildhallError => {
  const code = codeOfEnd[endOfClose(info)?.kind ?? 'lost'];
  return code ? new GuildhallError(code, info.reason || error.message) : error;
};
