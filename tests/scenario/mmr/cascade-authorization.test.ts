import dns from 'node:dns';
import { createServer, type Server } from 'node:https';
import {
  FakeClock,
  generateSigningKey,
  listen,
  publicKeyOf,
  seededRandom,
  signNodeProof,
  signToken,
  silentLogger,
  type PrivateKeyJwk,
} from '@guildhall/kit';
import { createAuthority, createServerCertificate, type CertifiedKey } from '@guildhall/kit/tls';
import {
  branchLifetimeMs,
  cascadeContract,
  MeetingIdSchema,
  NodeIdSchema,
  protocolVersions,
  routerAudience,
  RouterIdSchema,
  seatLifetimeMs,
} from '@guildhall/protocol';
import { createPeer, type Pipe } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { branchHeader, cascadeLimits } from '../../../apps/mmr/src/cascade/link.ts';
import { serveCascade } from '../../../apps/mmr/src/cascade/server.ts';
import { openUplink } from '../../../apps/mmr/src/cascade/uplink.ts';
import { codeOf, meetingId, prt } from './harness.ts';

// Who may bring a branch to the router that owns a meeting: over TLS, with a controller's token and the proof of the node
// which that token names. Everything else is refused before a message is read, or with the first one.

const topName = 'router-a.hall.test';
const top = RouterIdSchema.parse('rtr_0000000000');
const sub = RouterIdSchema.parse('rtr_0000000001');
const stranger = RouterIdSchema.parse('rtr_0000000002');
const otherMeeting = MeetingIdSchema.parse('mtg_0000000001');
const controller = NodeIdSchema.parse('nod_0000000000');
const subNode = NodeIdSchema.parse('nod_0000000001');
const otherNode = NodeIdSchema.parse('nod_0000000002');

let keys: Record<'controller' | 'otherZone' | 'sub' | 'otherNode', PrivateKeyJwk>;
let authority: CertifiedKey;
let otherAuthority: CertifiedKey;
let clock: FakeClock;
let server: Server;
let port: number;
/** Meetings that branches which got through asked for. */
let asked: string[];
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  const made = await Promise.all(Array.from({ length: 4 }, generateSigningKey));
  const [one, two, three, four] = made;
  if (!one || !two || !three || !four) throw new Error('four keys');
  keys = { controller: one, otherZone: two, sub: three, otherNode: four };
  // The certificates are looked at by the real clock of TLS.
  const now = new FakeClock(Date.now());
  authority = await createAuthority({ commonName: 'Account', clock: now });
  otherAuthority = await createAuthority({ commonName: 'Account', clock: now });
});

const serve = async (issuer: CertifiedKey, host: string): Promise<void> => {
  const own = await createServerCertificate({ hosts: [host], authority: issuer, clock });
  server = createServer({ cert: own.certPem, key: own.keyPem });
  const cascade = serveCascade(server, {
    routerId: top,
    keys: () => [publicKeyOf(keys.controller)],
    // Nothing is open here: `meeting.not-here` is the answer to whoever got this far.
    branchesOf: (id) => {
      asked.push(id);
      return undefined;
    },
    clock,
    logger: silentLogger,
  });
  port = await listen(server, { host: '127.0.0.1', port: 0 });
  const listening = server;
  closing.push(async () => {
    await cascade.close();
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  });
};

beforeEach(() => {
  clock = new FakeClock(Date.now());
  asked = [];
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Credentials {
  readonly token: string | undefined;
  readonly proof: string | undefined;
}

const signBranch = (
  change: Partial<Parameters<typeof signToken>[0]> = {},
  claims: Record<string, unknown> = {},
): Promise<string> =>
  signToken({
    key: keys.controller,
    issuer: controller,
    audience: routerAudience(top),
    typ: 'branch',
    lifetimeMs: branchLifetimeMs,
    clock,
    ...change,
    claims: {
      meetingId,
      epoch: 1,
      routerId: sub,
      nodeId: subNode,
      nodeKey: publicKeyOf(keys.sub),
      ...claims,
    },
  });

const prove = (change: Partial<Parameters<typeof signNodeProof>[0]> = {}): Promise<string> =>
  signNodeProof({ key: keys.sub, nodeId: subNode, audience: 'mmr', role: 'mmr', clock, ...change });

const dial = async ({ token, proof }: Credentials, more: Record<string, string> = {}): Promise<Pipe> => {
  const pipe = await dialWs({
    url: `wss://127.0.0.1:${port}/v1/cascade`,
    ca: authority.certPem,
    servername: topName,
    headers: {
      ...(token !== undefined && { [branchHeader]: token }),
      ...(proof !== undefined && { authorization: `Bearer ${proof}` }),
      ...more,
    },
  });
  closing.push(() => pipe.close(1000, 'done'));
  return pipe;
};

const peerOf = (pipe: Pipe) =>
  createPeer({
    contract: cascadeContract,
    side: 'b',
    pipe,
    handlers: {
      'pipe.want': () => {
        throw new Error('nothing is sent here');
      },
      'pipe.unwant': () => ({}),
    },
    clock,
    limits: cascadeLimits,
    logger: silentLogger,
  });

const opening = (change: object = {}) => ({
  protocol: protocolVersions.max,
  features: [],
  routerId: sub,
  meetingId,
  since: null,
  people: [],
  ...change,
});

test('the right token with the proof of its node gets through', async () => {
  await serve(authority, topName);
  const peer = peerOf(await dial({ token: await signBranch(), proof: await prove() }));
  expect(await codeOf(peer.request('open', opening()))).toBe('meeting.not-here');
  expect(asked).toEqual([meetingId]);
});

const past = (ms: number) => new FakeClock(Date.now() - ms);
const seat = () =>
  signToken({
    key: keys.controller,
    issuer: controller,
    audience: routerAudience(top),
    typ: 'seat',
    lifetimeMs: seatLifetimeMs,
    clock,
    claims: {
      routerId: top,
      meetingId,
      participantId: prt('ann'),
      subject: 'usr_ann0000000',
      name: 'ann',
      role: 'host',
    },
  });

const refusals: readonly [what: string, make: () => Promise<Credentials>][] = [
  ['no token', async () => ({ token: undefined, proof: await prove() })],
  ['no proof', async () => ({ token: await signBranch(), proof: undefined })],
  ['no token that can be read', async () => ({ token: 'a.b.c', proof: await prove() })],
  [
    'a token forged with the own key',
    async () => ({ token: await signBranch({ key: keys.sub }), proof: await prove() }),
  ],
  [
    'a token that names the right key but is signed by another',
    async () => ({
      token: await signBranch({ key: { ...keys.sub, kid: keys.controller.kid } }),
      proof: await prove(),
    }),
  ],
  [
    'claims changed after signing',
    async () => {
      const [head, , signature] = (await signBranch()).split('.');
      const [, body] = (await signBranch({}, { meetingId: otherMeeting })).split('.');
      return { token: [head, body, signature].join('.'), proof: await prove() };
    },
  ],
  [
    'an expired token',
    async () => ({
      token: await signBranch({ clock: past(branchLifetimeMs + 120_000) }),
      proof: await prove(),
    }),
  ],
  [
    'a token good for longer than any may be',
    async () => ({ token: await signBranch({ lifetimeMs: 2 * branchLifetimeMs }), proof: await prove() }),
  ],
  [
    'a token for a meeting of another router',
    async () => ({ token: await signBranch({ audience: routerAudience(stranger) }), proof: await prove() }),
  ],
  [
    'a token of a controller of another zone',
    async () => ({ token: await signBranch({ key: keys.otherZone }), proof: await prove() }),
  ],
  ["a browser's seat", async () => ({ token: await seat(), proof: await prove() })],
  [
    "a browser's seat in the place of the proof",
    async () => ({ token: await signBranch(), proof: await seat() }),
  ],
  [
    'the proof of another node',
    async () => ({
      token: await signBranch(),
      proof: await prove({ key: keys.otherNode, nodeId: otherNode }),
    }),
  ],
  [
    'a proof signed by another node in the name of this one',
    async () => ({ token: await signBranch(), proof: await prove({ key: keys.otherNode }) }),
  ],
  [
    'a proof made for a controller',
    async () => ({ token: await signBranch(), proof: await prove({ audience: 'zctrl' }) }),
  ],
  [
    'the console of the right node',
    async () => ({ token: await signBranch(), proof: await prove({ role: 'console' }) }),
  ],
  ['an old proof', async () => ({ token: await signBranch(), proof: await prove({ clock: past(180_000) }) })],
];

test.for(refusals)('refused: %s', async ([, make]) => {
  await serve(authority, topName);
  expect(await codeOf(dial(await make()))).toBe('node.bad-proof');
  expect(asked).toEqual([]);
});

test('a proof is good once', async () => {
  await serve(authority, topName);
  const used = { token: await signBranch(), proof: await prove() };
  await dial(used);
  expect(await codeOf(dial(used))).toBe('auth.replayed');
  // The token serves again, with a proof of its own: that is how a broken link is dialled anew.
  await dial({ ...used, proof: await prove() });
});

test('a page may not open the link, whatever it brings', async () => {
  await serve(authority, topName);
  const good = { token: await signBranch(), proof: await prove() };
  await expect(dial(good, { origin: `https://${topName}` })).rejects.toMatchObject({
    details: { status: 403 },
  });
});

test.for([
  ['another meeting', { meetingId: otherMeeting }],
  ['another router', { routerId: stranger }],
] as const)('who is linked may not open the branch of %s', async ([, change]) => {
  await serve(authority, topName);
  const peer = peerOf(await dial({ token: await signBranch(), proof: await prove() }));
  expect(await codeOf(peer.request('open', opening(change)))).toBe('node.bad-proof');
  expect(await codeOf(peer.request('pipe.unwant', { trackId: 'trk_0000000000' }))).toBe(
    'protocol.hello-required',
  );
  expect(asked).toEqual([]);
});

/** What a branch is told that dials the top by its name, as routers on two machines do. */
const linkByName = async (): Promise<string> => {
  const { lookup } = dns;
  // Every name is this machine.
  Object.assign(dns, {
    lookup: (_name: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) =>
      options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  });
  const order = {
    meetingId,
    epoch: 1,
    top: { routerId: top, urls: [`wss://${topName}:${port}/v1/meeting`] },
    token: await signBranch(),
  };
  const nothing = () => undefined;
  const uplink = openUplink(
    order,
    {
      opening: () => ({ since: null, people: [] }),
      opened: nothing,
      revised: nothing,
      affected: nothing,
      turnedAway: nothing,
      pipeLost: nothing,
      linkLost: nothing,
      media: () => {
        throw new Error('no media here');
      },
    },
    {
      nodeId: subNode,
      key: keys.sub,
      routerId: sub,
      authorityPem: authority.certPem,
      clock,
      random: seededRandom(1),
      logger: silentLogger,
    },
  );
  closing.push(() => uplink.close());
  try {
    return await uplink.ready.then(
      () => 'linked',
      (error: unknown) => String(error),
    );
  } finally {
    Object.assign(dns, { lookup });
  }
};

test('a branch trusts a router with a certificate of the account, by its name', async () => {
  await serve(authority, topName);
  await linkByName();
  expect(asked).toEqual([meetingId]);
});

test.for([
  ['of another authority', () => otherAuthority, topName],
  ['of the account for another name', () => authority, 'router-b.hall.test'],
] as const)('a branch says nothing to a router with a certificate %s', async ([, issuer, host]) => {
  await serve(issuer(), host);
  const upgrades: unknown[] = [];
  server.on('upgrade', (request) => upgrades.push(request.url));
  expect(await linkByName()).toMatch(/certificate|altnames/i);
  expect(upgrades).toEqual([]);
  expect(asked).toEqual([]);
});
