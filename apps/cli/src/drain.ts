import { setTimeout as sleep } from 'node:timers/promises';
import { readControlSecret, readRunFiles } from '@guildhall/kit';
import type { DrainDeadline } from '@guildhall/protocol';
import { z } from 'zod';
import { runDirs } from './run-dirs.ts';

const lookEveryMs = 500;
/** How long after the deadline a router may need to end what is left. */
const endWithinMs = 10_000;

/** Why nothing is drained, in a sentence for the terminal. */
export class CannotDrain extends Error {}

/** What the drain looks at in the `/debug/state` of a router. */
const RouterState = z.object({
  routerId: z.string(),
  draining: z.boolean(),
  /** What it ended at the deadline of this drain; absent in a router of before. */
  drainEnded: z.object({ meetings: z.number(), participants: z.number() }).nullable().optional(),
  load: z.object({ meetings: z.number(), participants: z.number() }),
});
type RouterState = z.output<typeof RouterState>;

interface LocalRouter {
  readonly vm: number;
  readonly adminPort: number;
  readonly runDir: string;
  readonly state: RouterState;
}

export interface DrainOptions {
  readonly dataDir: string;
  /** Id of the router or number of its VM; undefined for the only one. */
  readonly router: string | undefined;
  readonly cancel: boolean;
  /** Null to wait as long as it takes. */
  readonly deadlineMs: number | null;
  /** Whether what is left at the deadline is ended; else it goes on. */
  readonly end: boolean;
  readonly json: boolean;
  readonly say: (line: string) => void;
}

/**
 * Empties a router of this machine and shows how far it is. Answers the exit code: 0 when it is empty (or takes meetings
 * again), 4 when the deadline came first; it goes on draining then. Whether something is ended at the deadline the router
 * sees to, also when nobody watches any more.
 * @throws CannotDrain when there is no such router here, or the options contradict each other
 */
export const drain = async (options: DrainOptions): Promise<number> => {
  const { cancel, deadlineMs, end, json, say } = options;
  if (end && deadlineMs === null)
    throw new CannotDrain('Say when: --end needs a --deadline such as 5m, and none is no time.');
  if (end && cancel)
    throw new CannotDrain(
      'Say one of the two: --cancel lets the router take meetings again, --end ends them.',
    );
  const router = await findRouter(options);
  const atDeadline = end && deadlineMs !== null ? { deadlineMs, atDeadline: 'end' as const } : {};
  await order(router, { drain: !cancel, ...(!cancel && atDeadline) });
  const { routerId } = router.state;
  const tell = (outcome: string, { meetings, participants }: RouterState['load'], words: string): void =>
    say(json ? JSON.stringify({ routerId, outcome, meetings, participants }) : words);
  if (cancel) {
    tell('cancelled', router.state.load, `Router ${routerId} takes meetings again.`);
    return 0;
  }
  const untilMs = deadlineMs === null ? Infinity : performance.now() + deadlineMs;
  let shown = '';
  for (;;) {
    const state = await stateOf(router.adminPort);
    if (!state) throw new CannotDrain(`Router ${routerId} ended while it was drained.`);
    const { meetings } = state.load;
    if (!state.draining) {
      tell('cancelled', state.load, `Somebody else has ended the drain of router ${routerId}.`);
      return 0;
    }
    const { drainEnded: ended } = state;
    if (meetings === 0 && ended && ended.meetings > 0) {
      const words = `Router ${routerId} is empty. Ended at the deadline, for no other router had room: ${countedIn(ended)}. It can be stopped or updated now.`;
      tell('ended', ended, words);
      return 0;
    }
    if (meetings === 0) {
      tell('empty', state.load, `Router ${routerId} is empty. It can be stopped or updated now.`);
      return 0;
    }
    if (performance.now() >= untilMs + (end ? endWithinMs : 0)) {
      const words = `Not moved in time, for no other router has room: ${countedIn(state.load)}. This goes on here; the router takes no new meetings. Wait, or take the drain back with --cancel.`;
      tell('deadline', state.load, words);
      return 4;
    }
    const line = `Draining router ${routerId}: ${countedIn(state.load)} left`;
    if (line !== shown && !json) say(line);
    shown = line;
    await sleep(lookEveryMs);
  }
};

const countedIn = ({ meetings, participants }: RouterState['load']): string =>
  `${meetings} ${meetings === 1 ? 'meeting' : 'meetings'}, ${participants} ${participants === 1 ? 'person' : 'people'}`;

const findRouter = async ({ dataDir, router }: DrainOptions): Promise<LocalRouter> => {
  const found: LocalRouter[] = [];
  for (const { vm, runDir } of await runDirs(dataDir)) {
    for (const { role, adminPort } of await readRunFiles(runDir)) {
      const state = role === 'mmr' ? await stateOf(adminPort) : undefined;
      if (state) found.push({ vm, adminPort, runDir, state });
    }
  }
  const named = found.filter(
    ({ vm, state }) => router === undefined || router === String(vm) || router === state.routerId,
  );
  const [only] = named;
  if (only && named.length === 1) return only;
  if (found.length === 0) throw new CannotDrain('No multimedia router runs here.');
  const list = found.map(({ vm, state }) => `${vm} (${state.routerId})`).join(', ');
  const unknown = router === undefined ? '' : `There is no router "${router}" here. `;
  throw new CannotDrain(`${unknown}Name one of the routers that run here: ${list}.`);
};

const stateOf = async (adminPort: number): Promise<RouterState | undefined> => {
  try {
    const response = await fetch(`http://127.0.0.1:${adminPort}/debug/state`, {
      signal: AbortSignal.timeout(2_000),
    });
    return RouterState.parse(await response.json());
  } catch {
    return undefined;
  }
};

const order = async (
  { adminPort, runDir, state }: LocalRouter,
  wanted: DrainDeadline & { readonly drain: boolean },
): Promise<void> => {
  const secret = await readControlSecret(runDir, 'mmr');
  if (secret === undefined)
    throw new CannotDrain(
      `You may not give orders to router ${state.routerId}: run this as the user it runs as.`,
    );
  const response = await fetch(`http://127.0.0.1:${adminPort}/control/drain`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify(wanted),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new CannotDrain(`Router ${state.routerId} refused the order (${response.status}).`);
};

/** `90s`, `5m`, `2h`, or `none` to wait as long as it takes. @throws CannotDrain */
export const readDeadline = (text: string): number | null => {
  if (text === 'none') return null;
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/u.exec(text) ?? [];
  if (count === undefined || unit === undefined)
    throw new CannotDrain(`A deadline is a number with s, m or h, such as 5m, or none; not "${text}".`);
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit === 's' || unit === 'm' ? unit : 'h'];
};
