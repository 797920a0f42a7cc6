import { createServer, type Server } from 'node:http';
import { generateSigningKey, publicKeyOf, signNodeProof, signToken, silentLogger } from '@guildhall/kit';
import { dialWs } from '@guildhall/rpc/ws-client';
import { decodeJwt, SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { createTestZone, newNodeId } from '../testing.ts';
import { serveRouterLinks } from './router-links.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve() {
  const zone = await createTestZone();
  const [nodeId, nodeKey] = [newNodeId(), zone.mmrKey];
  const nodes = [
    ...zone.policyOfZone.nodes,
    { nodeId, role: 'mmr' as const, publicKey: publicKeyOf(nodeKey) },
  ];
  zone.policy.accept({ ...zone.policyOfZone, rev: 2, nodes }, { isCurrent: false });
  const server = createServer();
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const { identity, policy, registry, directory, store, outbox, clock } = zone;
  const links = serveRouterLinks(server, {
    identity,
    policy,
    registry,
    meetings: directory,
    store,
    outbox,
    seatKeys: () => [publicKeyOf(identity.key)],
    clock,
    logger: silentLogger,
  });
  const dial = (headers: Record<string, string>) =>
    dialWs({ url: `ws://127.0.0.1:${port}/v1/router`, headers });
  const proof = (facts: { key?: typeof nodeKey; nodeId?: string; audience?: string; role?: string } = {}) =>
    signNodeProof({ key: nodeKey, nodeId, audience: 'zctrl', role: 'mmr', clock, ...facts });
  return { zone, links, dial, proof, nodeId, nodeKey };
}

test('only a router of the zone opens a link, with a proof of its own that is new', async () => {
  const { zone, links, dial, proof, nodeId, nodeKey } = await serve();
  const refused = async (token: string, code: string) => {
    await expect(dial({ authorization: `Bearer ${token}` })).rejects.toMatchObject({ code });
  };
  await expect(dial({})).rejects.toMatchObject({ code: 'node.bad-proof' });
  await refused(await proof({ key: await generateSigningKey() }), 'node.bad-proof');
  await refused(await proof({ nodeId: newNodeId() }), 'node.unknown');
  await refused(await proof({ audience: 'control' }), 'node.bad-proof');
  await refused(await proof({ role: 'console' }), 'node.bad-proof');
  const good = await proof();
  const hmac = new SignJWT(decodeJwt(good)).setProtectedHeader({ alg: 'HS256' });
  await refused(await hmac.sign(new TextEncoder().encode(nodeKey.x)), 'node.bad-proof');
  const endless = await signToken({
    key: nodeKey,
    issuer: nodeId,
    audience: 'zctrl',
    typ: 'node-proof',
    lifetimeMs: 3_600_000,
    claims: { sub: 'mmr' },
    clock: zone.clock,
  });
  await refused(endless, 'node.bad-proof');
  const authorization = `Bearer ${good}`;
  const browser = dial({ authorization, origin: 'http://localhost:8080' });
  await expect(browser).rejects.toMatchObject({ code: 'request.cross-site' });
  const pipe = await dial({ authorization });
  await refused(good, 'auth.replayed');
  const closed = new Promise<{ code: number }>((resolve) => pipe.onClose(resolve));
  // Removed from the account: its link ends at once.
  zone.policy.accept({ ...zone.policyOfZone, rev: 3 }, { isCurrent: false });
  expect(await closed).toMatchObject({ code: 4403 });
  await links.close();
  await links.close();
});
