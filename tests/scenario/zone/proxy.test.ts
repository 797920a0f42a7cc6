import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { SelfTestState } from '@guildhall/protocol';
import { freePort, meetingSpec, until } from '@guildhall/testkit';
import { ConnectProxy } from '@guildhall/testkit/connect-proxy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectorVm } from './connector-vm.ts';
import { FakeCloud, idText } from './fake-cloud.ts';

// The cloud has a name that only the proxy can resolve, so that nothing reaches it past the proxy.

const credentials = 'hall:lantern:41';
const cloud = new FakeCloud();
let proxy: ConnectProxy;
let vm: ConnectorVm;
let url: string;

beforeAll(async () => {
  await cloud.start();
  url = cloud.url.replace('localhost', 'cloud.example');
  proxy = await ConnectProxy.start({ names: { 'cloud.example': '127.0.0.1' }, credentials });
  vm = new ConnectorVm(await freePort());
  await vm.startConsole({
    GUILDHALL_CONSOLE_PROXY: proxy.url,
    GUILDHALL_CONSOLE_PROXY_CREDENTIALS: credentials,
  });
});
afterAll(async () => {
  await vm?.dispose();
  await proxy?.kill();
  await cloud.stop();
});

const meetingOf = () => meetingSpec(idText('meeting'));

async function selfTest(): Promise<Record<string, string>> {
  await vm.call('POST', '/self-test');
  const { results } = await until('the end of the self-test', async () => {
    const state = SelfTestState.parse(await (await vm.call('GET', '/self-test')).json());
    return state.finishedAtMs !== null && state;
  });
  return Object.fromEntries(results.map(({ check, state, reason }) => [check, `${state} ${reason}`]));
}

const cloudState = async (): Promise<string> => (await vm.status()).cloud.state;

test('a connector behind a proxy is paired, linked and passes its self-test; only cloud traffic goes through it', async () => {
  const wrongPort = await vm.pair('http://cloud.example:1');
  expect(await wrongPort.json()).toMatchObject({ error: { code: 'proxy.refused' } });
  expect((await vm.pair(url)).status).toBe(200);
  await vm.pidOf('mmr');
  await until('the link to the cloud', async () => (await cloudState()) === 'connected');
  await until('a router in the report', () =>
    cloud.reports.find(({ routers }) => routers.some(({ state }) => state === 'connected')),
  );
  expect(await selfTest()).toMatchObject({
    dns: 'ok dns-proxy',
    cloud: 'ok cloud',
    control: 'ok control',
    controller: 'ok controller',
  });
  expect(new Set(proxy.asked.map((target) => target.split(':')[0]))).toEqual(new Set(['cloud.example']));
});

test('the proxy dies and comes back: meetings go on, new ones open, the link stands again by itself', async () => {
  const before = { zctrl: await vm.pidOf('zctrl'), mmr: await vm.pidOf('mmr') };
  const { routerId, rejoin } = await vm.join({ ticket: await cloud.ticket(meetingOf()) });
  await proxy.kill();
  await until('the loss of the link', async () => (await cloudState()) === 'connecting');
  expect((await vm.join({ rejoin })).routerId).toBe(routerId);
  expect((await vm.join({ ticket: await cloud.ticket(meetingOf()) })).routerId).toBe(routerId);
  expect(await selfTest()).toMatchObject({
    cloud: 'fail proxy-unreachable',
    control: 'fail proxy-unreachable',
    controller: 'warn controller-no-cloud',
  });
  const again = await vm.pair(url);
  expect(await again.json()).toMatchObject({ error: { code: 'proxy.unreachable' } });
  await proxy.back();
  await until('the link again', async () => (await cloudState()) === 'connected');
  expect({ zctrl: await vm.pidOf('zctrl'), mmr: await vm.pidOf('mmr') }).toEqual(before);
});

test('the password of the proxy is in no log and not in the support bundle', async () => {
  const bundle = await vm.call('GET', '/support-bundle');
  expect(bundle.status).toBe(200);
  const texts = ['zctrl', 'mmr', 'console'].map((name) =>
    readFileSync(join(vm.directory, 'logs', `${name}.log`), 'utf8'),
  );
  texts.push(gunzipSync(Buffer.from(await bundle.arrayBuffer())).toString('latin1'));
  for (const text of texts) {
    expect(text).not.toContain('lantern:41');
    expect(text).not.toContain(Buffer.from(credentials).toString('base64'));
  }
  expect(texts.at(-1)).toContain(proxy.url);
});
