import type { Clock, Logger, Timer } from '@guildhall/kit';
import {
  closeCodes,
  errorCodes,
  isErrorCode,
  meetingContract,
  protocolVersions,
  speaksProtocol,
  type HelloAnswer,
} from '@guildhall/protocol';
import { createPeer, GuildhallError, type InputReceived, type LinkLogger, type Pipe } from '@guildhall/rpc';
import type { Attendance, MeetingPeer, MeetingsPort } from '../types.ts';
import { guardAgainstFloods, type FloodGuard, type LimitedKind } from './flood-guard.ts';
import { meetingHandlers } from './handlers.ts';
import type { Room } from './room.ts';
import { checkSeat, checkSeatOfSession, type SeatCheck } from './seats.ts';

/** From a browser; the largest honest message (RTP parameters) is about 8 KiB. */
export const maxBrowserMessageBytes = 64 * 1024;
const helloWithinMs = 10_000;
/** A page says "ready" for all it receives at once; the engine allows 600 consumers. */
const maxInFlight = 600;

export interface ConnectionDeps {
  readonly meetings: Pick<MeetingsPort, 'find'>;
  readonly seats: SeatCheck;
  readonly room: Pick<Room, 'with'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Served = (typeof meetingContract)['a'];
type Hello = InputReceived<Served, 'hello'>;

/** The link of one browser, from its first message to its close. */
export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #guard: FloodGuard;
  readonly #peer: MeetingPeer;
  readonly #helloTimer: Timer;
  #saysHello = false;
  #attendance: Attendance | undefined;

  constructor(pipe: Pipe, deps: ConnectionDeps) {
    this.#deps = deps;
    this.#guard = guardAgainstFloods(pipe, deps.clock, () => this.close(4413));
    this.#peer = createPeer({
      contract: meetingContract,
      side: 'a',
      pipe: this.#guard.pipe,
      handlers: meetingHandlers({
        hello: (input, context) => this.#hello(input, (answer) => void context.reply(answer)),
        joined: () => this.#joined(),
        present: () => this.#present(),
        count: (kind) => this.#take(kind),
      }),
      clock: deps.clock,
      limits: { maxMessageBytes: maxBrowserMessageBytes, maxInFlight },
      logger: quiet(deps.logger),
    });
    this.#helloTimer = deps.clock.setTimeout(() => this.close(4408), helloWithinMs);
    void this.#untilClosed();
  }

  get closed(): Promise<unknown> {
    return this.#peer.closed;
  }

  /** For /debug/state. */
  get state(): string {
    return this.#attendance?.state ?? (this.#saysHello ? 'hello' : 'new');
  }

  close(code: keyof typeof closeCodes): void {
    this.#peer.close(code, closeCodes[code].name);
  }

  async #untilClosed(): Promise<void> {
    await this.#peer.closed;
    this.#helloTimer.cancel();
    this.#attendance?.lost();
  }

  async #hello(input: Hello, reply: (answer: HelloAnswer) => void): Promise<HelloAnswer> {
    this.#take('message');
    if (this.#saysHello || this.#attendance) throw registered('protocol.hello-repeated');
    if (!speaksProtocol(input.protocol)) {
      const { min, max } = protocolVersions;
      const sentence = `This client speaks protocol ${input.protocol}, this router ${min} to ${max}. Reload the page or update.`;
      throw new GuildhallError('protocol.version', sentence);
    }
    this.#saysHello = true;
    try {
      return await this.#enter(input, reply);
    } finally {
      this.#saysHello = false;
    }
  }

  async #enter(
    { seat, resume, features }: Hello,
    reply: (answer: HelloAnswer) => void,
  ): Promise<HelloAnswer> {
    const { meetings, seats, room } = this.#deps;
    const claims = await (resume ? checkSeatOfSession(seat, seats) : checkSeat(seat, seats));
    const door = meetings.find(claims.meetingId);
    // Without a session of before, the seat has to stand on its own.
    if (resume && door?.knows(claims.participantId, resume.sessionId) !== true) await checkSeat(seat, seats);
    if (!door) throw registered('meeting.not-here');
    const comeIn = (): Promise<HelloAnswer> =>
      door.enter(claims, this.#peer, resume, (answer, attendance) => {
        this.#helloTimer.cancel();
        this.#attendance = attendance;
        if (features.includes('changes-together')) attendance.tellTogether();
        reply(answer);
        if (this.#peer.isClosed) attendance.lost();
      });
    return room.with(claims, comeIn);
  }

  #present(): Attendance {
    if (!this.#attendance) {
      // After the refusal, which says why.
      if (!this.#saysHello) this.#deps.clock.setTimeout(() => this.close(4401), 0);
      throw registered('protocol.hello-required');
    }
    this.#take('message');
    if (this.#attendance.state === 'gone') {
      throw new GuildhallError('link.closed', 'This link is not in the meeting any more.');
    }
    return this.#attendance;
  }

  #joined(): Attendance {
    const attendance = this.#present();
    if (attendance.state === 'lobby') throw registered('meeting.waiting');
    return attendance;
  }

  #take(kind: LimitedKind): void {
    const retryAfterMs = this.#guard.overLimit(kind);
    if (retryAfterMs === undefined) return;
    throw new GuildhallError('rate.limited', errorCodes['rate.limited'].sentence, { retryAfterMs });
  }
}

const registered = (code: string): GuildhallError =>
  new GuildhallError(code, isErrorCode(code) ? errorCodes[code].sentence : code);

/** A stranger must not be able to fill the log. */
const quiet = (logger: Logger): LinkLogger => ({
  warn: (facts, message) => logger.sampled(message, 10_000).warn(facts, message),
  error: (facts, message) => logger.error(facts, message),
});
