import {
  ErrorEnvelope,
  JoinAnswer,
  meetingContract,
  protocolVersions,
  ZoneJoinAnswer,
  ZoneList,
} from '@guildhall/protocol';
import type { MeetingChange } from '@guildhall/domain';
import { createPeer } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import { PortalApi, Product, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const State = z.object({ pair: z.object({ state: z.string() }), routers: z.array(z.unknown()) });

let product: Product;
let api: PortalApi;

beforeAll(async () => {
  product = await Product.start({ routers: 2, controllers: 2 });
  api = new PortalApi(product.facts.portal);
  await api.signIn(product.facts.owner);
}, 120_000);
afterAll(() => product?.stop());

test('two controllers of one account find each other with nothing set', async () => {
  for (const vm of [1, 2]) {
    const { routers } = await until(`the controller of VM ${vm} linked with the other`, async () => {
      const files = await product.runFiles();
      const run = files.find((one) => one.role === 'zctrl' && one.vm === vm);
      const answer = await fetch(`http://127.0.0.1:${run?.adminPort}/debug/state`).catch(() => undefined);
      const read = State.safeParse(await answer?.json());
      return read.success && read.data.pair.state === 'connected' && read.data;
    });
    expect(routers.length).toBeGreaterThan(0);
  }
});

/** Asks the portal, then one controller of the two. */
async function joinAt(which: number, number: string): Promise<ZoneJoinAnswer | string> {
  const path = `/api/v1/meetings/${number}/join`;
  const { ticket, controllers } = await api.call('POST', path, JoinAnswer, {});
  const response = await fetch(`${controllers[which]}/v1/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: product.facts.portal },
    body: JSON.stringify({ ticket }),
  });
  const answer: unknown = await response.json();
  return response.ok ? ZoneJoinAnswer.parse(answer) : ErrorEnvelope.parse(answer).error.code;
}

test('limits that are changed in the portal hold at both controllers and at the routers, with nothing restarted', async () => {
  const { zones } = await api.call('GET', '/api/v1/connector/zones', ZoneList);
  const path = `/api/v1/connector/zones/${zones[0]?.zoneId}`;
  const pids = (await product.status()).map(({ pid }) => pid);
  await api.call('PATCH', path, z.unknown(), { meetingsPerRouter: 1 });
  // Two routers, one meeting each: the third is refused by either controller.
  const numbers: string[] = [];
  for (let count = 0; count < 4; count++) numbers.push((await api.createMeeting()).number);
  const [one = '', two = '', three = '', four = ''] = numbers;
  for (const [which, number] of [one, two].entries()) {
    await until('a place', async () => typeof (await joinAt(which, number)) !== 'string');
  }
  for (const which of [0, 1]) {
    await until('no place', async () => (await joinAt(which, three)) === 'zone.full');
  }
  await api.call('PATCH', path, z.unknown(), { meetingsPerRouter: 2 });
  for (const [which, number] of [three, four].entries()) {
    await until('a place again', async () => typeof (await joinAt(which, number)) !== 'string');
  }
  expect((await product.status()).map(({ pid }) => pid)).toEqual(pids);
  await api.call('PATCH', path, z.unknown(), { meetingsPerRouter: 10 });
});

test('a running meeting that is changed in the portal shows it to who is in it', async () => {
  const { number } = await api.createMeeting();
  const seat = await until('a seat', async () => {
    const answer = await joinAt(1, number);
    return typeof answer !== 'string' && answer;
  });
  const headers = { origin: product.facts.portal };
  const pipe = await dialWs({ url: seat.routerUrls[0] ?? '', headers });
  const peer = createPeer({ contract: meetingContract, side: 'b', pipe, handlers: {} });
  const changes: MeetingChange[] = [];
  peer.on('meeting.changed', (told) => changes.push(...told.changes));
  const hello = { protocol: protocolVersions.max, features: [], seat: seat.seat };
  expect((await peer.request('hello', hello)).state).toBe('joined');
  const change = { topic: 'Changed while it runs', settings: { lobby: true } };
  await api.call('PATCH', `/api/v1/meetings/${number}`, z.unknown(), change);
  await until('the change', async () => changes.some(({ kind }) => kind === 'settings.changed'));
  // Told by both controllers, it is one change.
  expect(changes.filter(({ kind }) => kind === 'topic.changed' || kind === 'settings.changed')).toEqual([
    { kind: 'topic.changed', topic: change.topic },
    { kind: 'settings.changed', settings: expect.objectContaining({ lobby: true }) },
  ]);
  expect((await peer.request('view.get', {})).view).toMatchObject(change);
  await api.call('DELETE', `/api/v1/meetings/${number}`, z.unknown());
  expect((await peer.closed).code).toBe(4410);
});
