import { BotEngine, buildNative, cacheDirOf, conversation, Crowd, type BotWish } from '@guildhall/bots';
import { openSettings, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Attendant } from './people.ts';
import { SurvivalZone } from './zone.ts';

/** As many as a router takes by default; here it takes those who decide something, too. */
const people = 200;

let zone: SurvivalZone;
let engine: BotEngine;

beforeAll(async () => {
  const cacheDir = cacheDirOf(process.env);
  const binary = await buildNative({ cacheDir, onStep: () => undefined });
  [zone, engine] = await Promise.all([
    SurvivalZone.start({
      routers: 2,
      controllers: 1,
      env: { GUILDHALL_CLOUD_LIMITS_PARTICIPANTS_PER_ROUTER: String(people + 10) },
    }),
    BotEngine.start({ binary }),
  ]);
});

afterAll(async () => {
  await engine?.close();
  await zone?.[Symbol.asyncDispose]();
});

const quantile = (samples: readonly number[], share: number): number =>
  samples.toSorted((a, b) => a - b)[Math.ceil(share * samples.length) - 1] ?? Number.NaN;

test('a router with a meeting of 200 is drained: everybody is on the other one, nobody was dropped, and what was decided holds', async () => {
  const { number, passcode, meetingId } = await zone.owner.createMeeting({ settings: openSettings });
  const others: Attendant[] = [];
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
    const place = { portalUrl: zone.product.facts.portal, number, passcode: passcode ?? '' };
    const rex = await Attendant.join('Rex', place);
    const host = await Attendant.join('Owner', place, zone.owner);
    others.push(rex, host);
    crowd.bots[0]?.client.sendChat('Before the move');
    await host.client.setSettings({ ...openSettings, lobby: true });
    const wes = await Attendant.join('Wes', place);
    others.push(wes);
    await until('Wes in the lobby', () => host.state.view?.lobby.length === 1);
    await host.client.lock(true);
    await host.client.remove(host.idOf('Rex'));

    const from = await zone.owningVm(meetingId);
    const ids = crowd.bots.map(({ client }) => client.store.getSnapshot().selfId);

    engine.begin();
    expect(await zone.drain(from, '--deadline', '60s')).toBe(0);
    const states = () => crowd.bots.map(({ client }) => client.store.getSnapshot());
    await until(
      'everybody on the other router',
      async () => {
        const [one, ...more] = await zone.holders(meetingId);
        const isMoved = more.length === 0 && one !== undefined && one.vm !== from;
        return (
          isMoved &&
          states().every(
            ({ phase, view }) =>
              phase === 'joined' &&
              view?.participants.length === people + 1 &&
              view.locked &&
              view.chat.map(({ text }) => text).join() === 'Before the move',
          )
        );
      },
      () =>
        states()
          .filter(({ phase }) => phase !== 'joined')
          .map(({ phase, end }) => [phase, end?.kind, end?.reason, end?.error?.code, end?.error?.message]),
    );
    engine.end();
    expect(crowd.bots.map(({ client }) => client.store.getSnapshot().selfId)).toEqual(ids);
    expect(host.state.view?.lobby.map(({ name }) => name)).toEqual(['Wes']);
    expect([host.state.role, host.state.view?.settings.lobby, wes.state.phase]).toEqual([
      'host',
      true,
      'lobby',
    ]);
    expect([rex.state.end?.kind, await rex.comeBack()]).toEqual(['removed', 'meeting.removed']);
    const report = await crowd.report();
    const gaps = report.people.filter(({ audio }) => audio > 0).map(({ audioGapMs }) => audioGapMs);
    console.log(
      `drained with ${people}: longest gap of voice p50 ${quantile(gaps, 0.5)} ms, p95 ${quantile(gaps, 0.95)} ms`,
    );
    expect(gaps.length).toBeGreaterThan(people - 3);
    // The goal of half a second is the benchmark's; here the machine may be busy, but nobody is dropped and comes back.
    expect(quantile(gaps, 0.95)).toBeLessThan(3_000);
    expect(await zone.drain(from, '--cancel')).toBe(0);
  } finally {
    for (const one of others) one.client.leave();
    crowd.leave();
  }
}, 300_000);
