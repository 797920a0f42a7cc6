import { createHash } from 'node:crypto';
import type { MeetingId, ParticipantId, UserId } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import { newIdText, ParticipantIdSchema, type MeetingPass } from '@guildhall/protocol';
import type { HostingDecisions } from '../connector/port.ts';
import { refuse } from '../refuse.ts';
import type { Store, StoredMeeting, StoredUser } from '../store/port.ts';
import type { JoinAttempt, JoinService } from './service.ts';
import type { TicketSigner } from './tickets.ts';

export interface PassServiceOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly tickets: TicketSigner;
  readonly hosting: HostingDecisions;
  readonly joins: Pick<JoinService, 'admit'>;
  /** How long a pass is good; 0: none are given. */
  readonly lifetimeMs: number;
}

/** The next meetings of one person; pages ask again long before they come to the end of these. */
const MAX_PASSES = 25;
const MAX_URLS = 16;

/** Gives members the right to start or join a meeting while the cloud does not answer. */
export class PassService {
  readonly #options: PassServiceOptions;

  constructor(options: PassServiceOptions) {
    this.#options = options;
  }

  /** For the own meetings that begin while a pass given now is good. */
  async ofHost(user: StoredUser): Promise<MeetingPass[]> {
    const { store, clock, lifetimeMs } = this.#options;
    // Before anything is read: what is withdrawn while this works must be newer than the pass.
    const nowMs = clock.now();
    if (lifetimeMs === 0) return [];
    const wanted = { hostUserId: user.id, when: 'upcoming', nowMs, limit: MAX_PASSES } as const;
    const meetings = await store.meetings.list({ ...wanted, after: undefined });
    const passes: MeetingPass[] = [];
    for (const meeting of meetings) {
      if ((meeting.startsAtMs ?? nowMs) > nowMs + lifetimeMs) continue;
      const pass = await this.#give(meeting, user, 'host', nowMs);
      if (pass) passes.push(pass);
    }
    return passes;
  }

  /**
   * For one meeting of the own account; whoever is not its host proves with the passcode to have been invited.
   * @throws GuildhallError auth.forbidden, connector.no-controller, and what a join is refused with
   */
  async forMeeting(attempt: JoinAttempt & { readonly user: StoredUser }): Promise<MeetingPass> {
    const nowMs = this.#options.clock.now();
    const { meeting, role } = await this.#options.joins.admit(attempt);
    if (role === 'guest' || this.#options.lifetimeMs === 0) throw refuse('auth.forbidden');
    const isHost = meeting.hostUserId === attempt.user.id;
    const pass = await this.#give(meeting, attempt.user, isHost ? 'host' : 'participant', nowMs);
    if (!pass) throw refuse('connector.no-controller');
    return pass;
  }

  /** Undefined for a meeting that no zone of the account would host. */
  async #give(
    meeting: StoredMeeting,
    user: StoredUser,
    role: 'host' | 'participant',
    issuedAtMs: number,
  ): Promise<MeetingPass | undefined> {
    const { store, hosting, tickets, lifetimeMs } = this.#options;
    const { id: meetingId, accountId, number, topic, settings, hostName, hostUserId, startsAtMs } = meeting;
    const account = await store.accounts.get(accountId);
    if (!account?.connectorEnabled) return undefined;
    // No address of anybody's: all who have a pass must be sent to the same zone.
    const decision = await hosting.decide({ accountId, hostUserId, address: '', meeting });
    if (decision.outcome !== 'zone' && decision.outcome !== 'running') return undefined;
    const { zoneId } = decision;
    const nodes = await store.connectors.nodesOfZone(zoneId);
    const urls = nodes.filter((node) => node.role === 'controller').flatMap((node) => node.urls);
    const controllers = [...new Set(urls)].slice(0, MAX_URLS);
    if (controllers.length === 0) return undefined;
    const pass = await tickets.signPass({
      accountId,
      zoneId,
      participantId: participantOf(user.id, meetingId),
      subject: user.id,
      name: user.name,
      role,
      meeting: { meetingId, number, topic, settings },
      issuedAtMs,
      lifetimeMs,
    });
    return {
      pass,
      controllers,
      expiresAtMs: issuedAtMs + lifetimeMs,
      startsAtMs,
      name: user.name,
      meeting: { meetingId, number, topic, hostName, role },
    };
  }
}

/** Always the same for a person and a meeting: a pass shown twice, or to two controllers, is one participant. */
function participantOf(userId: UserId, meetingId: MeetingId): ParticipantId {
  const digest = createHash('sha256').update(`pass ${meetingId} ${userId}`).digest();
  return ParticipantIdSchema.parse(newIdText('participant', (count) => digest.subarray(0, count)));
}
