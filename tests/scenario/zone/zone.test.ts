import { isProcessAlive } from '@guildhall/kit';
import { freePort, meetingSpec, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectorVm } from './connector-vm.ts';
import { FakeCloud, idText } from './fake-cloud.ts';

const meetingOf = () => meetingSpec(idText('meeting'));

const cloud = new FakeCloud();
let vm: ConnectorVm;

beforeAll(async () => {
  await cloud.start();
  vm = new ConnectorVm(await freePort());
  await vm.startConsole();
});
afterAll(async () => {
  await vm.dispose();
  await cloud.stop();
});

test('a wrong token is said; the right one makes the node work without another step', async () => {
  const wrong = await vm.pair(cloud.url, `ght_${'b'.repeat(40)}`);
  expect(await wrong.json()).toMatchObject({ error: { code: 'connector.wrong-token' } });
  expect((await vm.status()).services.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  expect((await vm.pair(cloud.url)).status).toBe(200);
  await vm.pidOf('zctrl');
  await vm.pidOf('mmr');
  await until('the report to the cloud', () =>
    cloud.reports.find(({ routers }) => routers.some(({ state }) => state === 'connected')),
  );
  expect((await vm.status()).cloud.state).toBe('connected');
});

test('a killed router is started again and its meeting opened from the checkpoint', async () => {
  const meeting = meetingOf();
  const first = await vm.join({ ticket: await cloud.ticket(meeting) });
  const pid = await vm.pidOf('mmr');
  const killedMs = performance.now();
  process.kill(pid, 'SIGKILL');
  const reopened = await until('the meeting on another router', () => {
    const opened = vm.opened(meeting.meetingId);
    return opened && opened.routerId !== first.routerId ? opened : undefined;
  });
  const tookMs = performance.now() - killedMs;
  expect(reopened.checkpoint?.locked).toBe(true);
  const again = await vm.join({ rejoin: first.rejoin });
  expect(again).toMatchObject({ routerId: reopened.routerId, participantId: first.participantId });
  // Starting a process on a busy machine takes its time; a person must not think that the meeting is over.
  expect(tookMs).toBeLessThan(10_000);
  const { services } = await vm.status();
  expect(services.find(({ name }) => name === 'mmr')).toMatchObject({
    restarts: 1,
    lastExit: { reason: 'signal SIGKILL' },
  });
});

test('with the cloud away a killed controller starts from its disk and lets people back', async () => {
  const meeting = meetingOf();
  const { rejoin, routerId } = await vm.join({ ticket: await cloud.ticket(meeting) });
  await cloud.stop();
  process.kill(await vm.pidOf('zctrl'), 'SIGKILL');
  const again = await vm.join({ rejoin });
  // The router lived on with its meeting; nothing was opened twice.
  expect(again.routerId).toBe(routerId);
  expect(vm.opened(meeting.meetingId)?.checkpoint).toBeNull();
  const other = await vm.join({ ticket: await cloud.ticket(meetingOf()) });
  expect(other.routerId).toBe(routerId);
  await cloud.start();
  await until('the link to the cloud', async () => (await vm.status()).cloud.state === 'connected');
});

test('an end ordered by the cloud reaches the router, is told once, and its people cannot go back', async () => {
  const meeting = meetingOf();
  const { rejoin } = await vm.join({ ticket: await cloud.ticket(meeting) });
  await cloud.endMeeting(meeting.meetingId);
  const ends = () =>
    [...cloud.events.values()].filter(
      (event) => event.kind === 'meeting.ended' && event.meetingId === meeting.meetingId,
    );
  await until('the event at the cloud', () => ends()[0]);
  const refused = await vm.rawJoin({ rejoin });
  expect(refused.status).toBe(410);
  expect(await refused.json()).toMatchObject({ error: { code: 'meeting.ended' } });
  expect(ends()).toHaveLength(1);
});

test('Stop and Start do what they say, and a restarted console keeps to it', async () => {
  const stopped = await vm.call('POST', '/services/mmr/stop', { confirmed: true });
  expect(stopped.status).toBe(200);
  const join = await vm.rawJoin({ ticket: await cloud.ticket(meetingOf()) });
  expect(await join.json()).toMatchObject({ error: { code: 'zone.no-router' } });
  const pid = await vm.pidOf('zctrl');
  expect(await vm.endConsole('SIGTERM')).toBeLessThan(5_000);
  await vm.startConsole();
  expect(await vm.pidOf('zctrl')).toBe(pid);
  const { services } = await vm.status();
  expect(services.find(({ name }) => name === 'mmr')).toMatchObject({ state: 'stopped', wanted: 'stopped' });
  expect((await vm.call('POST', '/services/mmr/start', {})).status).toBe(200);
  await vm.pidOf('mmr');
  await vm.join({ ticket: await cloud.ticket(meetingOf()) });
});

test('a killed console leaves its services running; the next one takes them over, and stops and starts them', async () => {
  const pids = [await vm.pidOf('zctrl'), await vm.pidOf('mmr')];
  const sinceMs = (await vm.status()).services.map((service) => service.sinceMs);
  await vm.endConsole('SIGKILL');
  await vm.join({ ticket: await cloud.ticket(meetingOf()) });
  await vm.startConsole();
  const { services } = await vm.status();
  expect(services.map(({ pid, state }) => [pid, state])).toEqual(pids.map((pid) => [pid, 'running']));
  expect(services.map((service) => service.sinceMs)).toEqual(sinceMs);
  // It is not our child any more: its end is noticed all the same.
  process.kill(pids[0] ?? 0, 'SIGKILL');
  const endedMs = performance.now();
  const newPid = await until('a new zone controller', async () => {
    const zctrl = (await vm.status()).services.find(({ name }) => name === 'zctrl');
    return zctrl?.pid !== null && zctrl?.pid !== pids[0] ? zctrl?.pid : undefined;
  });
  // As above: what was its own or a foreign child, people must not wait longer for.
  expect(performance.now() - endedMs).toBeLessThan(10_000);
  expect(await vm.pidOf('zctrl')).toBe(newPid);
  expect((await vm.call('POST', '/services/mmr/stop', { confirmed: true })).status).toBe(200);
  await until('the end of mmr', () => !isProcessAlive(pids[1] ?? 0));
  expect((await vm.call('POST', '/services/mmr/start', {})).status).toBe(200);
  expect(await vm.pidOf('mmr')).not.toBe(pids[1]);
  await vm.join({ ticket: await cloud.ticket(meetingOf()) });
});
