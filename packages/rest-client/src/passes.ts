import { MeetingPass, MeetingPassList, PersonName, ZoneJoinAnswer } from '@guildhall/protocol';
import { z } from 'zod';
import type { RestClient } from './index.ts';

/**
 * What this browser keeps so that its person gets into a meeting while the portal does not answer. Passes are secrets:
 * they stay in the storage of the portal's origin, are shown to zone controllers only, and go at sign-out.
 */

const passesKey = 'guildhall.passes';
const rejoinKey = (number: string): string => `guildhall.rejoin.${number}`;
const MAX_KEPT = 50;
/** A zone signs a token to come back for a day. */
const rejoinKeptMs = 24 * 3_600_000;

/** The right to come back to a meeting somebody was in: of this tab, guests included. */
const KeptRejoin = z.strictObject({
  rejoin: ZoneJoinAnswer.shape.rejoin,
  controllers: MeetingPass.shape.controllers,
  meeting: MeetingPass.shape.meeting,
  name: PersonName,
  keptAtMs: z.int(),
});
export type KeptRejoin = z.output<typeof KeptRejoin>;

/** Storage may be absent or refuse (private windows, blocked site data): nothing is kept then. */
function read(storage: () => Storage, key: string): unknown {
  try {
    return JSON.parse(storage().getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: unknown): void {
  try {
    if (value === undefined) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
  } catch {
    // Joining without the portal is then not possible from this browser.
  }
}

const local = (): Storage => window.localStorage;
const session = (): Storage => window.sessionStorage;

/** Those that are still good, the next meeting first. */
export function keptPasses(nowMs: number): MeetingPass[] {
  const kept = z.array(MeetingPass).safeParse(read(local, passesKey));
  if (!kept.success) return [];
  return kept.data
    .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    .toSorted((a, b) => (a.startsAtMs ?? 0) - (b.startsAtMs ?? 0));
}

/** Adds or renews; of one meeting the newest stays. */
export function keepPasses(fresh: readonly MeetingPass[], nowMs: number): void {
  const isFresh = new Set(fresh.map(({ meeting }) => meeting.meetingId));
  const others = keptPasses(nowMs).filter(({ meeting }) => !isFresh.has(meeting.meetingId));
  write(local, passesKey, [...fresh, ...others].slice(0, MAX_KEPT));
}

/** At sign-out, and when the portal says that nobody is signed in. */
export function forgetPasses(): void {
  write(local, passesKey, undefined);
}

/** Renews the passes of the own meetings; those that were deleted meanwhile go. @throws ApiError */
export async function renewOwnPasses(rest: RestClient, nowMs: number): Promise<number> {
  const { passes } = await rest.call(MeetingPassList, 'GET', '/passes');
  const ofOthers = keptPasses(nowMs).filter(({ meeting }) => meeting.role !== 'host');
  forgetPasses();
  keepPasses(ofOthers, nowMs);
  keepPasses(passes, nowMs);
  return passes.length;
}

/** Renews the pass of one meeting. @throws ApiError */
export async function renewPass(
  rest: RestClient,
  number: string,
  passcode: string | undefined,
  nowMs: number,
): Promise<void> {
  const body = passcode === undefined ? {} : { passcode };
  keepPasses([await rest.call(MeetingPass, 'POST', `/meetings/${number}/pass`, body)], nowMs);
}

/** The way back into this meeting, unless it is a day old. @param nowMs epoch ms */
export function keptRejoin(number: string, nowMs: number): KeptRejoin | undefined {
  const kept = KeptRejoin.safeParse(read(session, rejoinKey(number)));
  return kept.success && nowMs - kept.data.keptAtMs < rejoinKeptMs ? kept.data : undefined;
}

/** Replaces what was kept for the same meeting. */
export function keepRejoin(kept: KeptRejoin): void {
  write(session, rejoinKey(kept.meeting.number), kept);
}

export function forgetRejoin(number: string): void {
  write(session, rejoinKey(number), undefined);
}
