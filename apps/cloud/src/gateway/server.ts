import type { Server } from 'node:http';
import type { UserId } from '@guildhall/domain';
import type { Clock, Logger, Timer } from '@guildhall/kit';
import { gatewayContract, productVersion, speaksProtocol } from '@guildhall/protocol';
import { createPeer, type Peer, type Pipe } from '@guildhall/rpc';
import { attachWsServer, type WsServerHandle } from '@guildhall/rpc/ws-server';
import { closing } from '../close-codes.ts';
import type { Bus, Notice } from '../bus/port.ts';
import { httpStatusOf, refuse } from '../refuse.ts';
import type { Store } from '../store/port.ts';
import type { SessionLookup, SignedIn } from './port.ts';

export interface GatewayOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly sessions: SessionLookup;
  readonly isOwnOrigin: (origin: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Page = Peer<typeof gatewayContract, 'a'>;

const MAX_MESSAGE_BYTES = 4 * 1024;
const HELLO_DEADLINE_MS = 5_000;
/** Pages of one person at once; beyond this the oldest is closed. */
const MAX_PAGES_PER_PERSON = 20;
/** A session may also end by its age, which nobody announces. */
const CHECK_SESSIONS_EVERY_MS = 300_000;

/** Tells signed-in people at once what happens to their meetings. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #pages = new Map<UserId, Map<Page, SignedIn>>();
  readonly #stops: (() => void)[];

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#stops = [
      options.bus.subscribe('person.notice', ({ userId, notice }) => {
        for (const page of this.#pages.get(userId)?.keys() ?? []) send(page, notice);
      }),
      options.bus.subscribe('person.signed-out', ({ userId }) => void this.#checkSessions(userId)),
    ];
    const timer = options.clock.setInterval(() => {
      for (const userId of this.#pages.keys()) void this.#checkSessions(userId);
    }, CHECK_SESSIONS_EVERY_MS);
    this.#stops.push(() => timer.cancel());
  }

  /** May be attached to several HTTP servers. */
  attach(server: Server): WsServerHandle {
    const { sessions, isOwnOrigin, logger } = this.#options;
    return attachWsServer<SignedIn>({
      server,
      path: '/gateway',
      maxPayloadBytes: MAX_MESSAGE_BYTES,
      // Without an Origin it is no page, and a cookie has no business there.
      checkOrigin: (origin) => origin !== undefined && isOwnOrigin(origin),
      authorize: async (request) => {
        const person = await sessions.find(request.headers.cookie);
        if (!person) throw refuse('auth.required');
        return person;
      },
      statusOf: httpStatusOf,
      onConnection: (pipe, { identity }) => this.#serve(pipe, identity),
      logger,
    });
  }

  get size(): number {
    return [...this.#pages.values()].reduce((sum, pages) => sum + pages.size, 0);
  }

  /** Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  #serve(pipe: Pipe, person: SignedIn): void {
    const { clock, logger } = this.#options;
    const page: Page = createPeer({
      contract: gatewayContract,
      side: 'a',
      pipe,
      clock,
      logger,
      limits: { maxMessageBytes: MAX_MESSAGE_BYTES },
      handlers: {
        hello: async (input, context) => {
          if (!speaksProtocol(input.protocol)) throw refuse('protocol.version');
          deadline.cancel();
          const { userId } = person;
          // From here on notices reach it; those of the time before are in the replay.
          this.#add(page, person);
          const running = await this.#options.store.meetings.running(userId);
          const answer = context.reply({ userId, version: productVersion });
          for (const { id: meetingId, number, topic, startedAtMs, createdAtMs } of running) {
            const at = { startedAtMs: startedAtMs ?? createdAtMs };
            send(page, { kind: 'meeting.started', meetingId, number, topic, ...at });
          }
          return answer;
        },
      },
    });
    const deadline = clock.setTimeout(() => {
      page.close(closing.helloTimeout, 'no hello came in time');
    }, HELLO_DEADLINE_MS);
    void page.closed.then(() => this.#remove(page, person.userId, deadline));
  }

  #add(page: Page, person: SignedIn): void {
    if (page.isClosed) return;
    const pages = this.#pages.get(person.userId) ?? new Map<Page, SignedIn>();
    this.#pages.set(person.userId, pages);
    pages.set(page, person);
    if (pages.size <= MAX_PAGES_PER_PERSON) return;
    const [oldest] = pages.keys();
    oldest?.close(closing.replaced, 'too many pages of one person');
  }

  #remove(page: Page, userId: UserId, deadline: Timer): void {
    deadline.cancel();
    const pages = this.#pages.get(userId);
    pages?.delete(page);
    if (pages?.size === 0) this.#pages.delete(userId);
  }

  async #checkSessions(userId: UserId): Promise<void> {
    const { sessions, logger } = this.#options;
    try {
      for (const [page, person] of this.#pages.get(userId) ?? []) {
        if (await sessions.isOpen(person.tokenHash)) continue;
        page.close(closing.unauthenticated, 'the session has ended');
      }
    } catch (error) {
      logger.warn({ err: error }, 'sessions of open pages could not be checked');
    }
  }
}

function send(page: Page, notice: Notice): void {
  switch (notice.kind) {
    case 'meeting.started': {
      const { meetingId, number, topic, startedAtMs } = notice;
      page.emit('meeting.started', { meetingId, number, topic, startedAtMs });
      break;
    }
    case 'meeting.ended':
      page.emit('meeting.ended', { meetingId: notice.meetingId, number: notice.number });
      break;
    case 'meetings.changed':
      page.emit('meetings.changed', {});
      break;
  }
}
