import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccountId, Role, ZoneId } from '@guildhall/domain';
import { networkOf, type Clock } from '@guildhall/kit';
import type { JoinAnswer, MeetingPublicInfo } from '@guildhall/protocol';
import type { z } from 'zod';
import type { HostingDecisions } from '../connector/port.ts';
import type { LiveControllers } from '../control/port.ts';
import type { Ids } from '../ids.ts';
import { FailureThrottle } from '../failure-throttle.ts';
import { refuse } from '../refuse.ts';
import type { Store, StoredMeeting, StoredUser } from '../store/port.ts';
import type { TicketSigner } from './tickets.ts';

export interface JoinServiceOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly tickets: TicketSigner;
  readonly controllers: LiveControllers;
  readonly hosting: HostingDecisions;
}

type MeetingInfo = z.output<typeof MeetingPublicInfo>;

export interface JoinAttempt {
  readonly number: string;
  readonly user: StoredUser | undefined;
  readonly name: string | undefined;
  readonly passcode: string | undefined;
  /** Of the network, to count wrong guesses by. */
  readonly address: string;
}

/** A controller whose link broke a moment ago is probably still there: the client asks all of them anyway. */
const RECENTLY_SEEN_MS = 60_000;
/** Wrong passcodes of one meeting, from anywhere, after which a stranger gets one free guess and not five. */
const GUARDED_AFTER = 50;
const MAX_URLS = 16;

/** Decides whether somebody may join a meeting; where the meeting is, the zone decides. */
export class JoinService {
  readonly #options: JoinServiceOptions;
  readonly #wrongPasscodes: FailureThrottle;
  readonly #wrongPasscodesOfMeeting: FailureThrottle;
  readonly #wrongNumbers: FailureThrottle;

  constructor(options: JoinServiceOptions) {
    this.#options = options;
    const limits = { firstDelayMs: 1_000, maxDelayMs: 300_000, forgetAfterMs: 900_000, clock: options.clock };
    this.#wrongPasscodes = new FailureThrottle({ ...limits, free: 5 });
    this.#wrongPasscodesOfMeeting = new FailureThrottle({ ...limits, free: GUARDED_AFTER });
    this.#wrongNumbers = new FailureThrottle({ ...limits, free: 20, maxDelayMs: 60_000 });
  }

  /**
   * What anybody with the link may know; the host, who needs no passcode, is told so.
   * @throws GuildhallError meeting.not-found, rate.limited
   */
  async info(number: string, user: StoredUser | undefined, address: string): Promise<MeetingInfo> {
    const meeting = await this.#meeting(number, address);
    return {
      number,
      passcodeRequired: meeting.passcode !== null && roleIn(meeting, user) !== 'host',
      guestsAllowed: meeting.settings.guestsAllowed,
      signedInAs: user?.name ?? null,
    };
  }

  /**
   * @throws GuildhallError meeting.not-found, meeting.name-required, meeting.guests-not-allowed,
   * meeting.passcode-required, meeting.wrong-passcode, rate.limited, connector.not-enabled, connector.not-live,
   * connector.no-controller, hosting.elsewhere, hosting.no-zone
   */
  async join(attempt: JoinAttempt): Promise<JoinAnswer> {
    const { ids, tickets } = this.#options;
    const { meeting, role, name } = await this.admit(attempt);
    const zoneId = await this.#liveZone(meeting, attempt.address);
    const controllers = await this.#controllerUrls(meeting.accountId, zoneId);
    const participantId = ids.participant();
    const subject = role === 'guest' || !attempt.user ? `guest:${participantId}` : attempt.user.id;
    const { id: meetingId, accountId, number, topic, settings, hostName } = meeting;
    const spec = { meetingId, number, topic, settings };
    const person = { participantId, subject, name, role };
    return {
      ticket: await tickets.sign({ accountId, zoneId, ...person, meeting: spec }),
      controllers,
      meeting: { meetingId, number, topic, hostName, role },
    };
  }

  /**
   * Who somebody would be in the meeting.
   * @throws GuildhallError meeting.not-found, meeting.name-required, meeting.guests-not-allowed,
   * meeting.passcode-required, meeting.wrong-passcode, rate.limited
   */
  async admit(attempt: JoinAttempt): Promise<{ meeting: StoredMeeting; role: Role; name: string }> {
    const meeting = await this.#meeting(attempt.number, attempt.address);
    const role = roleIn(meeting, attempt.user);
    const name = nameOf(attempt, role);
    if (role === 'guest' && !meeting.settings.guestsAllowed) throw refuse('meeting.guests-not-allowed');
    if (role !== 'host') this.#checkPasscode(meeting, attempt);
    return { meeting, role, name };
  }

  async #meeting(number: string, address: string): Promise<StoredMeeting> {
    const network = networkOf(address);
    const waitMs = this.#wrongNumbers.waitMs(network);
    if (waitMs > 0) throw refuse('rate.limited', { retryAfterMs: waitMs });
    const meeting = await this.#options.store.meetings.findByNumber(number);
    if (meeting) return meeting;
    this.#wrongNumbers.fail(network);
    throw refuse('meeting.not-found');
  }

  #checkPasscode(meeting: StoredMeeting, { user, address, passcode }: JoinAttempt): void {
    if (meeting.passcode === null) return;
    // Asking without one tells only that there is one, which the public facts say too.
    if (passcode === undefined || passcode === '') throw refuse('meeting.passcode-required');
    const key = `${meeting.id} ${user?.id ?? networkOf(address)}`;
    const isGuarded = this.#wrongPasscodesOfMeeting.failures(meeting.id) >= GUARDED_AFTER;
    const waitMs = this.#wrongPasscodes.waitMs(key, isGuarded ? 1 : undefined);
    if (waitMs > 0) throw refuse('rate.limited', { retryAfterMs: waitMs });
    if (isSame(meeting.passcode, passcode)) return;
    this.#wrongPasscodes.fail(key);
    this.#wrongPasscodesOfMeeting.fail(meeting.id);
    throw refuse('meeting.wrong-passcode');
  }

  /** The zone that hosts the meeting, once the account's connector may be used for it. */
  async #liveZone(meeting: StoredMeeting, address: string): Promise<ZoneId> {
    const { store, hosting } = this.#options;
    const { accountId, hostUserId } = meeting;
    const account = await store.accounts.get(accountId);
    if (!account?.connectorEnabled) throw refuse('connector.not-enabled');
    return hosting.zoneForJoin({ accountId, hostUserId, address, meeting });
  }

  async #controllerUrls(accountId: AccountId, zoneId: ZoneId): Promise<string[]> {
    const { store, clock, controllers } = this.#options;
    const live = controllers.ofZone(zoneId).flatMap((controller) => controller.urls);
    const since = clock.now() - RECENTLY_SEEN_MS;
    const nodes = await store.connectors.nodesOfAccount(accountId);
    const recent = nodes
      .filter(
        (node) => node.role === 'controller' && node.zoneId === zoneId && (node.lastSeenMs ?? 0) >= since,
      )
      .flatMap((node) => node.urls);
    const urls = [...new Set([...live, ...recent])].slice(0, MAX_URLS);
    if (urls.length === 0) throw refuse('connector.no-controller', { retryAfterMs: 2_000 });
    return urls;
  }
}

/** Somebody of another account is a guest here, however high at home. */
function roleIn(meeting: StoredMeeting, user: StoredUser | undefined): Role {
  if (user?.id === meeting.hostUserId) return 'host';
  return user?.accountId === meeting.accountId ? 'participant' : 'guest';
}

function nameOf({ user, name }: JoinAttempt, role: Role): string {
  const known = role === 'guest' ? (name ?? user?.name) : user?.name;
  if (known === undefined) throw refuse('meeting.name-required', { field: 'name' });
  return known;
}

/** Digests first: the comparison then takes the same time for every length. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b));
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
