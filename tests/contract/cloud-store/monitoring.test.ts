import type { Store } from '@guildhall/cloud/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAccount, addUser, newId, nowMs, storeOn } from './fixtures.ts';

const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;
const nothing = {
  meetings: null,
  participants: null,
  bitrateInBps: null,
  bitrateOutBps: null,
  cpu: null,
  loss: null,
  rttMs: null,
  jitterMs: null,
  mos: null,
};

describe.each(['sqlite', 'postgres'] as const)('what is monitored, on %s', (engine) => {
  let store: Store;
  let close: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    ({ store, close } = await storeOn(engine));
  });
  afterAll(() => close?.());

  const start = nowMs - (nowMs % quarterMs);
  const series = (
    accountId: Parameters<Store['samples']['series']>[0]['accountId'],
    change: Partial<Parameters<Store['samples']['series']>[0]> = {},
  ) =>
    store.samples.series({
      accountId,
      scopeId: 'zone',
      metric: 'participants',
      stepMs: minuteMs,
      bucketMs: minuteMs,
      fromMs: start,
      untilMs: start + quarterMs,
      ...change,
    });

  test('buckets fold into coarser ones: counts by their highest, the rest by its mean, gaps stay gaps', async () => {
    const accountId = await addAccount(store);
    const at = (minute: number, facts: object) => ({
      ...nothing,
      accountId,
      scopeId: 'zone',
      stepMs: minuteMs,
      atMs: start + minute * minuteMs,
      ...facts,
    });
    await store.samples.put([
      at(0, { participants: 3, loss: 0.1 }),
      at(1, { participants: 9, loss: 0.3 }),
      at(4, { participants: 6 }),
    ]);
    await store.samples.put([at(4, { participants: 7 })]);
    expect((await series(accountId)).map(({ atMs, value }) => [(atMs - start) / minuteMs, value])).toEqual([
      [0, 3],
      [1, 9],
      [4, 7],
    ]);
    const step = { fineMs: minuteMs, coarseMs: quarterMs };
    for (let time = 0; time < 2; time++) await store.samples.rollUp(step, start, start + quarterMs);
    const coarse = { stepMs: quarterMs, bucketMs: quarterMs };
    expect(await series(accountId, coarse)).toEqual([{ atMs: start, value: 9 }]);
    const [loss] = await series(accountId, { ...coarse, metric: 'loss' });
    expect(loss?.value).toBeCloseTo(0.2, 6);
    expect(await series(accountId, { ...coarse, metric: 'mos' })).toEqual([{ atMs: start, value: null }]);
    expect(await series(await addAccount(store))).toEqual([]);
  });

  test('old measurements go in steps, newer ones stay', async () => {
    const accountId = await addAccount(store);
    const dayMs = 24 * 60 * minuteMs;
    const ages = [5 * dayMs, 4 * dayMs, dayMs];
    const facts = { ...nothing, accountId, scopeId: 'old', stepMs: minuteMs };
    await store.samples.put(ages.map((ageMs) => ({ ...facts, atMs: start - ageMs, participants: 1 })));
    let steps = 0;
    while (await store.samples.prune(minuteMs, start - 2 * dayMs)) steps++;
    expect(steps).toBe(2);
    const left = await series(accountId, { scopeId: 'old', fromMs: 0, untilMs: start });
    expect(left).toEqual([{ atMs: start - dayMs, value: 1 }]);
  });

  test('a log is read in pages, newest first, by kind, time and words that are taken literally', async () => {
    const [accountId, other] = [await addAccount(store), await addAccount(store)];
    const event = (index: number, change: object = {}) => ({
      id: `evt_${accountId}_${String(index).padStart(3, '0')}`,
      accountId,
      atMs: nowMs + Math.floor(index / 2),
      kind: index % 5 === 0 ? 'controller.gone' : 'meeting.started',
      severity: 'info',
      subject: newId.meeting(),
      label: `Weekly ${index}`,
      detail: '',
      ...change,
    });
    await store.events.add(Array.from({ length: 25 }, (_, index) => event(index)));
    await store.events.add([event(3), event(99, { id: `evt_x_${other}`, accountId: other })]);
    await store.events.add([event(50, { label: '100% of CPU_' })]);
    const seen: string[] = [];
    let after: { atMs: number; id: string } | undefined;
    for (;;) {
      const page = await store.events.page(accountId, { limit: 7, after });
      seen.push(...page.map(({ id }) => id));
      after = page.at(-1);
      if (page.length < 7) break;
    }
    expect(new Set(seen).size).toBe(26);
    expect(seen).toEqual(seen.toSorted().toReversed());
    const labels = async (query: object) =>
      (await store.events.page(accountId, { limit: 100, ...query })).map(({ label }) => label);
    expect(await labels({ kinds: ['controller.gone'] })).toHaveLength(6);
    expect(await labels({ text: '0% OF cpu_' })).toEqual(['100% of CPU_']);
    expect(await labels({ text: '%_%' })).toEqual([]);
    expect(await labels({ fromMs: nowMs + 1, untilMs: nowMs + 2 })).toEqual(['Weekly 3', 'Weekly 2']);
    expect(await store.events.prune(nowMs)).toBe(false);
  });

  test('the audit log has names, of this account only', async () => {
    const accountId = await addAccount(store);
    const userId = await addUser(store, accountId);
    const entry = { accountId, atMs: nowMs, actor: userId, action: 'connector.enabled', subject: accountId };
    await store.audit.add({ id: `aud_${userId}`, ...entry });
    const page = await store.audit.page(accountId, { limit: 10, text: 'ANA' });
    expect(page).toMatchObject([{ action: 'connector.enabled', actorName: 'Ana', subjectName: 'Acme' }]);
    expect(await store.audit.page(await addAccount(store), { limit: 10 })).toEqual([]);
  });

  test('alerts: rules with what they found, targets, and a queue that gives out only what is due', async () => {
    const [accountId, other] = [await addAccount(store), await addAccount(store)];
    const rule = { id: `alr_${accountId}`, accountId, enabled: true, createdAtMs: nowMs };
    const condition = { kind: 'quality-below', mos: 3.5 } as const;
    await store.alerts.addRule({ ...rule, condition });
    expect(await store.alerts.rules(accountId)).toEqual([{ ...rule, condition }]);
    const target = {
      accountId,
      kind: 'webhook',
      name: 'Ops',
      address: 'https://a/',
      createdAtMs: nowMs,
    } as const;
    const targetId = `alt_${accountId}`;
    await store.alerts.addTarget({ ...target, id: targetId, secret: 's', enabled: 1 });
    const delivery = (index: number, nextAttemptMs: number | null) => ({
      id: `ald_${accountId}_${index}`,
      accountId,
      targetId,
      atMs: nowMs + index,
      subject: 'x',
      body: '{}',
      state: 'waiting' as const,
      attempts: 0,
      nextAttemptMs,
      statusCode: null,
      error: null,
    });
    const states = [
      { ruleId: rule.id, subject: 'zone', label: 'Main', sinceMs: nowMs, isRaised: 1 as const },
    ];
    await store.alerts.saveStates(rule.id, states, [
      delivery(1, nowMs),
      delivery(2, nowMs + 9),
      delivery(3, null),
    ]);
    expect(await store.alerts.states([rule.id])).toEqual(states);
    const due = async (atMs: number) =>
      (await store.alerts.due(atMs, 10)).map(({ id, secret }) => [id, secret]);
    expect(await due(nowMs)).toEqual([[`ald_${accountId}_1`, 's']]);
    expect(await store.alerts.waiting(accountId)).toBe(3);
    const done = {
      state: 'delivered',
      attempts: 1,
      nextAttemptMs: null,
      statusCode: 200,
      error: null,
    } as const;
    await store.alerts.attempted(`ald_${accountId}_1`, done);
    expect(await due(nowMs + 9)).toEqual([[`ald_${accountId}_2`, 's']]);
    expect(await store.alerts.switchTarget(other, targetId, false)).toBe(false);
    expect(await store.alerts.switchTarget(accountId, targetId, false)).toBe(true);
    expect(await due(nowMs + 9)).toEqual([]);
    await store.alerts.pruneDeliveries(nowMs + 2);
    expect((await store.alerts.deliveries(accountId)).map(({ atMs }) => atMs - nowMs)).toEqual([3, 2]);
    expect(await store.alerts.switchRule(accountId, rule.id, false)).toBe(true);
    expect(await store.alerts.states([rule.id])).toEqual([]);
    expect((await store.alerts.enabledRules()).map(({ id }) => id)).not.toContain(rule.id);
    expect(await store.alerts.removeRule(other, rule.id)).toBe(false);
    expect(await store.alerts.removeTarget(accountId, targetId)).toBe(true);
    expect(await store.alerts.deliveries(accountId)).toEqual([]);
  });
});
