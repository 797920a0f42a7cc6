import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSettings, until } from '@guildhall/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Attendant } from './survival/people.ts';
import { SurvivalZone } from './survival/zone.ts';

const cli = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));
const Outcome = z.strictObject({
  routerId: z.string(),
  outcome: z.string(),
  meetings: z.number(),
  participants: z.number(),
});
const RouterState = z.object({ routerId: z.string(), draining: z.boolean() });

let zone: SurvivalZone;

beforeAll(async () => {
  zone = await SurvivalZone.start({ routers: 2, controllers: 1 });
  await zone.allReady();
});
afterAll(() => zone?.[Symbol.asyncDispose]());
/** As the tests expect it, also after one that failed. */
afterEach(async () => {
  for (const vm of [1, 2]) await drain([String(vm), '--cancel']);
  await until('both routers at the controller', async () => (await states()).every((one) => !one.draining));
});

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `guildhall drain` as an operator types it. */
const begin = (args: readonly string[], dataDir = zone.product.dataDir) => {
  const child = spawn(process.execPath, [cli, 'drain', ...args], {
    env: { ...process.env, GUILDHALL_DATA: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = once(child, 'close').then((): Said => ({ code: child.exitCode, ...said }));
  return { said, ended };
};
const drain = (args: readonly string[], dataDir?: string): Promise<Said> => begin(args, dataDir).ended;

const drainJson = async (...args: string[]) => {
  const { code, out } = await drain([...args, '--json']);
  return { code, ...Outcome.parse(JSON.parse(out)) };
};

const states = async () => {
  const routers = await zone.processes('mmr');
  return Promise.all(
    routers.map(async ({ vm, adminPort }) => {
      const answer = await fetch(`http://127.0.0.1:${adminPort}/debug/state`);
      return { vm, ...RouterState.parse(await answer.json()) };
    }),
  );
};
const idOf = async (vm: number) => (await states()).find((one) => one.vm === vm)?.routerId ?? '';
const otherOf = (vm: number): number => 3 - vm;

/** A meeting with its host in it. */
async function hosted() {
  const { number, passcode, meetingId } = await zone.owner.createMeeting({ settings: openSettings });
  const place = { portalUrl: zone.owner.base, number, passcode: passcode ?? '' };
  const host = await Attendant.join('Owner', place, zone.owner);
  await until('the host inside', () => host.state.phase === 'joined');
  return { host, meetingId, vm: await zone.owningVm(meetingId) };
}

test('what cannot be done is said in a sentence with exit code 1, and no router drains because of it', async () => {
  const [first, second] = [await idOf(1), await idOf(2)];
  const list = `Name one of the routers that run here: 1 (${first}), 2 (${second}).`;
  const refused: [string[], string][] = [
    [[], list],
    [['9'], `There is no router "9" here. ${list}`],
    [['rtr_unknown000'], `There is no router "rtr_unknown000" here. ${list}`],
    [['1', '--deadline', 'soon'], 'A deadline is a number with s, m or h, such as 5m, or none; not "soon".'],
    [['1', '--deadline', '-1s'], 'not "-1s"'],
    [['1', '--end', '--deadline', 'none'], 'Say when: --end needs a --deadline'],
    [['1', '--end', '--cancel'], 'Say one of the two'],
    [['1', '--finish'], "unknown option '--finish'"],
    [['1', '2'], 'too many arguments'],
  ];
  for (const [args, sentence] of refused) {
    const { code, out, err } = await drain(args);
    expect({ args, code, out }).toEqual({ args, code: 1, out: '' });
    expect(err).toContain(sentence);
    // A sentence and no stack.
    expect(err).not.toContain('    at ');
  }
  expect(await states()).toMatchObject([{ draining: false }, { draining: false }]);
  const empty = await mkdtemp(join(tmpdir(), 'guildhall-no-zone-'));
  const nothing = await drain(['1'], empty);
  await rm(empty, { recursive: true });
  expect(nothing).toMatchObject({ code: 1, err: 'guildhall: No multimedia router runs here.\n' });
});

test('a router is emptied by its number or its id while people are in it, and takes meetings again', async () => {
  const { host, meetingId, vm } = await hosted();
  const id = await idOf(vm);
  const { code, out } = await drain([id]);
  expect({ code, last: out.trim().split('\n').at(-1) }).toEqual({
    code: 0,
    last: `Router ${id} is empty. It can be stopped or updated now.`,
  });
  expect(await zone.owningVm(meetingId)).toBe(otherOf(vm));
  expect(host.state.phase).toBe('joined');
  // It is empty already, and stays drained.
  const empty = { routerId: id, outcome: 'empty', meetings: 0, participants: 0 };
  expect(await drainJson(String(vm))).toEqual({ code: 0, ...empty });
  expect((await states()).find((one) => one.vm === vm)?.draining).toBe(true);
  const cancelled = { ...empty, outcome: 'cancelled' };
  expect(await drainJson(String(vm), '--cancel')).toEqual({ code: 0, ...cancelled });
  expect((await states()).find((one) => one.vm === vm)?.draining).toBe(false);
  // An empty meeting would stay open for a minute.
  await zone.owner.call('DELETE', `/api/v1/meetings/${host.state.view?.number}`, z.unknown());
  await until('its end', async () => (await zone.holders(meetingId)).length === 0);
});

test('without room elsewhere a meeting goes on after the deadline, and is ended by it only with --end', async () => {
  const { host, vm } = await hosted();
  const id = await idOf(vm);
  expect((await drainJson(String(otherOf(vm)))).outcome).toBe('empty');

  const late = await drain([String(vm), '--deadline', '2s']);
  expect(late.code).toBe(4);
  expect(late.out.split('\n')).toEqual([
    `Draining router ${id}: 1 meeting, 1 person left`,
    expect.stringContaining('Not moved in time, for no other router has room: 1 meeting, 1 person.'),
    '',
  ]);
  const left = { routerId: id, meetings: 1, participants: 1 };
  expect(await drainJson(String(vm), '--deadline', '1s')).toEqual({ code: 4, ...left, outcome: 'deadline' });
  expect(host.state.phase).toBe('joined');

  const waiting = begin([String(vm), '--deadline', 'none']);
  await until('its progress', () => waiting.said.out.includes('1 meeting, 1 person left'));
  expect((await drain([String(vm), '--cancel'])).out).toBe(`Router ${id} takes meetings again.\n`);
  const { code, out } = await waiting.ended;
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('Somebody else has ended') });

  const ended = await drainJson(String(vm), '--end', '--deadline', '2s');
  expect(ended).toEqual({ code: 0, ...left, outcome: 'ended' });
  await until('the host told', () => host.state.phase === 'ended');
  expect(host.state.end).toMatchObject({ reason: 'drained' });
});
