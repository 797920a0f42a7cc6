import { generateSigningKey, publicKeyOf, signNodeProof, type PrivateKeyJwk } from '@guildhall/kit';
import { createCsr } from '@guildhall/kit/tls';
import {
  ConnectorTokenAnswer,
  controlContract,
  EnrolAnswer,
  gatewayContract,
  newIdText,
  productVersion,
  RouterIdSchema,
} from '@guildhall/protocol';
import { createPeer, type Handlers, type Peer } from '@guildhall/rpc';
import { dialWs } from '@guildhall/rpc/ws-client';
import { until } from '@guildhall/testkit';
import { randomBytes } from 'node:crypto';
import { Person, type Answer, type TestCloud } from './cloud.ts';

export type ControlLink = Peer<typeof controlContract, 'b'>;

/** A connector VM: its key, and what enrolment answered. */
export interface TestNode {
  readonly key: PrivateKeyJwk;
  readonly facts: EnrolAnswer;
}

export async function enableConnector(boss: Person): Promise<string> {
  await boss.call('POST', '/api/v1/connector/enable', {});
  return (await boss.call('POST', '/api/v1/connector/token', {})).parse(ConnectorTokenAnswer).token;
}

export async function askToEnrol(
  cloud: TestCloud,
  token: string,
  key: PrivateKeyJwk,
  change: Record<string, unknown> = {},
): Promise<Answer> {
  const { csrPem } = await createCsr({ commonName: 'vm-1' });
  const body = {
    token,
    name: 'vm-1',
    role: 'controller',
    version: productVersion,
    publicKey: publicKeyOf(key),
    csrPem,
  };
  return new Person(cloud.url).call('POST', '/control/v1/enrol', { ...body, ...change });
}

export async function enrol(
  cloud: TestCloud,
  token: string,
  role: 'controller' | 'mmr' = 'controller',
): Promise<TestNode> {
  const key = await generateSigningKey();
  return { key, facts: (await askToEnrol(cloud, token, key, { role })).parse(EnrolAnswer) };
}

export const proofOf = (
  cloud: TestCloud,
  node: TestNode,
  change: { audience?: string; role?: string } = {},
): Promise<string> =>
  signNodeProof({
    key: node.key,
    nodeId: node.facts.nodeId,
    audience: 'control',
    role: 'zctrl',
    clock: cloud.clock,
    ...change,
  });

export async function dialControl(
  cloud: TestCloud,
  proof: string,
  options: { port?: number; handlers?: Partial<Handlers<(typeof controlContract)['b']>> } = {},
): Promise<ControlLink> {
  const url = new URL(cloud.url.replace('http', 'ws'));
  if (options.port !== undefined) url.port = String(options.port);
  const pipe = await dialWs({ url: `${url.origin}/control`, headers: { authorization: `Bearer ${proof}` } });
  const handlers: Handlers<(typeof controlContract)['b']> = {
    'meeting.end': () => ({}),
    'router.drain': () => ({}),
    ...options.handlers,
  };
  return createPeer({ contract: controlContract, side: 'b', pipe, handlers });
}

export const registration = (node: TestNode) => ({
  protocol: 1,
  features: [],
  nodeId: node.facts.nodeId,
  version: productVersion,
  urls: ['http://localhost:8802'],
  policyRev: -1,
  startedAtMs: 1,
});

/** A zone controller that is connected and registered. */
export async function connectController(
  cloud: TestCloud,
  node: TestNode,
  handlers: Partial<Handlers<(typeof controlContract)['b']>> = {},
) {
  const link = await dialControl(cloud, await proofOf(cloud, node), { handlers });
  const { policy } = await link.request('register', registration(node));
  return { link, policy };
}

/** A router of the node that is connected and idle, as its controller reports it. */
export const reportRouter = (link: ControlLink, node: TestNode): void =>
  link.emit('status.reported', {
    routers: [
      {
        routerId: RouterIdSchema.parse(newIdText('router', randomBytes)),
        nodeId: node.facts.nodeId,
        version: productVersion,
        state: 'connected',
        load: { participants: 0, meetings: 0, workerCpu: 0, bitrateInBps: 0, bitrateOutBps: 0 },
        sinceMs: 1,
      },
    ],
    meetings: 0,
    participants: 0,
  });

/** Production mode, once the cloud knows a router. */
export async function goLive(boss: Person, link: ControlLink, node: TestNode): Promise<void> {
  reportRouter(link, node);
  const codeOf = async () => (await boss.call('PUT', '/api/v1/connector/mode', { mode: 'production' })).code;
  await until('production mode', async () => (await codeOf()) === undefined);
}

export async function openGateway(
  cloud: TestCloud,
  person: Person,
  change: { origin?: string; port?: number } = {},
): Promise<Peer<typeof gatewayContract, 'b'>> {
  const url = new URL(cloud.url.replace('http', 'ws'));
  if (change.port !== undefined) url.port = String(change.port);
  const pipe = await dialWs({
    url: `${url.origin}/gateway`,
    headers: {
      origin: change.origin ?? cloud.url,
      ...(person.cookie !== undefined && { cookie: person.cookie }),
    },
  });
  return createPeer({ contract: gatewayContract, side: 'b', pipe, handlers: {} });
}
