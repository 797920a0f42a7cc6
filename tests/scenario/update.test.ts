import { productVersion, type UpdateRestart } from '@guildhall/protocol';
import { until } from '@guildhall/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InstalledConsole } from './installed-console.ts';
import { FakeCloud } from './zone/fake-cloud.ts';

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = new FakeCloud();
  await cloud.start();
});
afterEach(() => cloud.stop());

/** The restart, as soon as it is as asked for; a console that is just replaced does not answer and forgets who was in. */
async function seen(
  server: InstalledConsole,
  isIt: (restart: UpdateRestart) => boolean,
  timeoutMs = 120_000,
): Promise<void> {
  const look = async (): Promise<boolean> => {
    try {
      await server.signIn();
      const { restart } = await server.updates();
      return restart !== null && restart !== undefined && isIt(restart);
    } catch {
      return false;
    }
  };
  await expect.poll(look, { timeout: timeoutMs, interval: 200 }).toBe(true);
}

const hasEnded = ({ finishedAtMs }: UpdateRestart): boolean => finishedAtMs !== null;

test('an installed bundle: the console restarts itself, then the controller, and the router when its meeting is over', async () => {
  await using server = new InstalledConsole();
  await server.start();
  await server.pair(cloud);
  const pid = server.pid;
  const before = await server.services();
  server.meetings(2);
  const answer = await server.install(server.bundle('9.0.0'));
  expect(answer.restart).toMatchObject({ state: 'running', step: 'console', before: productVersion });

  await seen(server, ({ state, step }) => state === 'waiting' && step === 'mmr');
  expect(server.pid).not.toBe(pid);
  expect(await server.updates()).toMatchObject({
    running: '9.0.0',
    current: '9.0.0',
    restart: { meetings: 2, participants: 2 },
  });
  const between = await server.services();
  expect(between['mmr']).toEqual(before['mmr']);
  expect(between['zctrl']).toMatchObject({ version: '9.0.0' });
  expect(between['zctrl']?.pid).not.toBe(before['zctrl']?.pid);

  server.meetings(0);
  await seen(server, hasEnded);
  expect((await server.updates()).restart).toMatchObject({ state: 'done', reason: null });
  const after = await server.services();
  expect(after['mmr']).toMatchObject({ version: '9.0.0' });
  expect(after['mmr']?.pid).not.toBe(before['mmr']?.pid);
  expect(await server.log()).toContain('"the update is done"');
}, 240_000);

test('a console that ends at once is rolled back within a minute, and says why', async () => {
  await using server = new InstalledConsole();
  await server.start();
  await server.pair(cloud);
  const pid = server.pid;
  const before = await server.services();
  const bundle = server.bundle('9.0.0', { 'apps/console/src/main.ts': 'process.exit(1);\n' });
  await server.install(bundle);
  await seen(server, hasEnded, 60_000);
  expect(server.pid).not.toBe(pid);
  expect(await server.updates()).toMatchObject({
    running: productVersion,
    current: productVersion,
    restart: { state: 'rolled-back', version: '9.0.0', reason: 'ended' },
  });
  expect(await server.services()).toEqual(before);
  expect(await server.log()).toContain('"the update was rolled back"');
}, 240_000);

test('a controller that does not run in the new version takes everything back', async () => {
  await using server = new InstalledConsole();
  await server.start();
  await server.pair(cloud);
  const bundle = server.bundle('9.0.0', { 'apps/zctrl/src/main.ts': 'process.exit(1);\n' });
  await server.install(bundle);
  await seen(server, hasEnded);
  expect(await server.updates()).toMatchObject({
    running: productVersion,
    current: productVersion,
    restart: { state: 'rolled-back', reason: 'zctrl' },
  });
  await until('both services', async () => {
    const { services } = await server.status();
    return services.every(({ state, version }) => state === 'running' && version === productVersion);
  });
}, 240_000);

/** Points at which the power may go, by what is on disk and which console runs (`first` is the one before). */
const moments: readonly [string, (server: InstalledConsole, record: string, first?: number) => boolean][] = [
  ['before the guard moves the link', (_, record) => record.includes('"guard":{')],
  [
    'when the new console has just started',
    (server, record, first) =>
      record.includes('"guard":{') && server.pid !== undefined && server.pid !== first,
  ],
  ['when the services are restarted', (_, record) => record.includes('"step":"services"')],
];

test.each(moments)(
  'a power cut %s leaves the old version or the new one, and the next start ends the update',
  async (_name, isNow) => {
    await using server = new InstalledConsole();
    await server.start();
    await server.pair(cloud);
    const first = server.pid;
    // The router would be restarted at once otherwise.
    server.meetings(1);
    await server.install(server.bundle('9.0.0'));
    const record = await until('the moment', async () => {
      const text = await server.record();
      return isNow(server, text, first) && text;
    });
    const guard = /"guard":\{"pid":(\d+)/u.exec(record)?.[1];
    for (const pid of [guard === undefined ? undefined : Number(guard), server.pid]) {
      try {
        if (pid !== undefined) process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    }
    server.meetings(0);
    await until('nobody there', () => server.pid === undefined);
    await server.start();
    await seen(server, hasEnded);
    const { running, current, restart } = await server.updates();
    expect(current).toBe(running);
    expect([running, restart?.state]).toEqual(
      running === '9.0.0' ? ['9.0.0', 'done'] : [productVersion, 'interrupted'],
    );
  },
  240_000,
);
