import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BotEngine, buildNative, cacheDirOf, conversation, Crowd, type BotWish } from '@guildhall/bots';
import { openSettings, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SurvivalZone } from './zone.ts';

/** As many as a router takes by default. */
const people = 200;
const cli = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url));

let zone: SurvivalZone;
let engine: BotEngine;

beforeAll(async () => {
  const cacheDir = cacheDirOf(process.env);
  const binary = await buildNative({ cacheDir, onStep: () => undefined });
  [zone, engine] = await Promise.all([
    SurvivalZone.start({ routers: 2, controllers: 1 }),
    BotEngine.start({ binary }),
  ]);
});

afterAll(async () => {
  await engine?.close();
  await zone?.[Symbol.asyncDispose]();
});

const drain = async (vm: number, ...more: string[]): Promise<number | null> => {
  const child = spawn(process.execPath, [cli, 'drain', String(vm), '--json', ...more], {
    env: { ...process.env, GUILDHALL_DATA: zone.product.dataDir },
    stdio: 'ignore',
  });
  await once(child, 'close');
  return child.exitCode;
};

const quantile = (samples: readonly number[], share: number): number =>
  samples.toSorted((a, b) => a - b)[Math.ceil(share * samples.length) - 1] ?? Number.NaN;

test('a router with a meeting of 200 is drained: everybody is on the other one, nobody was dropped', async () => {
  const { number, passcode, meetingId } = await zone.owner.createMeeting({ settings: openSettings });
  const crowd = new Crowd({
    engine,
    joinsPerSecond: 40,
    joinLimitMs: 90_000,
    signal: new AbortController().signal,
  });
  try {
    const wish = (index: number): BotWish => ({
      portalUrl: zone.product.facts.portal,
      number,
      passcode: passcode ?? undefined,
      name: `Bot ${index + 1}`,
      pattern: { ...conversation, speech: null },
      mic: index < 2 ? 'open' : 'muted',
      hasCamera: false,
      tiles: { count: 0, widthPx: 1, heightPx: 1 },
    });
    // A router that is overloaded asks newcomers to come again, and on a busy machine it is.
    for (let turn = 0; turn < 10 && crowd.bots.length < people; turn += 1) {
      const missing = Array.from({ length: people - crowd.bots.length }, (_, index) =>
        wish(crowd.bots.length + index),
      );
      await crowd.join(missing);
    }
    expect(crowd.bots.length, JSON.stringify(crowd.result().reasons)).toBe(people);
    const from = await zone.owningVm(meetingId);
    const ids = crowd.bots.map(({ client }) => client.store.getSnapshot().selfId);

    engine.begin();
    expect(await drain(from, '--deadline', '60s')).toBe(0);
    const states = () => crowd.bots.map(({ client }) => client.store.getSnapshot());
    await until(
      'everybody on the other router',
      async () => {
        const [one, ...more] = await zone.holders(meetingId);
        const isMoved = more.length === 0 && one !== undefined && one.vm !== from;
        return (
          isMoved &&
          states().every(({ phase, view }) => phase === 'joined' && view?.participants.length === people)
        );
      },
      () =>
        states()
          .filter(({ phase }) => phase !== 'joined')
          .map(({ phase, end }) => [phase, end?.kind, end?.reason, end?.error?.code, end?.error?.message]),
    );
    engine.end();
    expect(crowd.bots.map(({ client }) => client.store.getSnapshot().selfId)).toEqual(ids);
    const report = await crowd.report();
    const gaps = report.people.filter(({ audio }) => audio > 0).map(({ audioGapMs }) => audioGapMs);
    console.log(
      `drained with ${people}: longest gap of voice p50 ${quantile(gaps, 0.5)} ms, p95 ${quantile(gaps, 0.95)} ms`,
    );
    expect(gaps.length).toBeGreaterThan(people - 3);
    // The goal of half a second is the benchmark's; here the machine may be busy, but nobody is dropped and comes back.
    expect(quantile(gaps, 0.95)).toBeLessThan(3_000);
    expect(await drain(from, '--cancel')).toBe(0);
  } finally {
    crowd.leave();
  }
}, 300_000);
