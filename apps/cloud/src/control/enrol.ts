import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { networkOf, type Clock, type Logger } from '@guildhall/kit';
import { issueCertificate } from '@guildhall/kit/tls';
import { EnrolAnswer, EnrolRequest, ErrorEnvelope } from '@guildhall/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Bus } from '../bus/port.ts';
import type { Ids } from '../ids.ts';
import { FailureThrottle } from '../failure-throttle.ts';
import { refuse } from '../refuse.ts';
import type { Account, Store } from '../store/port.ts';

export interface EnrolOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly bus: Bus;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly logger: Logger;
}

/** Of a node, in the protocol. */
const maxNameLength = 100;

/** `POST /control/v1/enrol`: a node shows the connector token once and becomes part of the account. */
export function addEnrolment(server: FastifyInstance, options: EnrolOptions): void {
  const limits = { free: 10, firstDelayMs: 1_000, maxDelayMs: 60_000, forgetAfterMs: 900_000 };
  const throttle = new FailureThrottle({ ...limits, clock: options.clock });
  server.withTypeProvider<ZodTypeProvider>().post(
    '/control/v1/enrol',
    {
      schema: {
        tags: ['Nodes'],
        summary: 'Enrol a connector node',
        description:
          'Called by the console of a connector VM. Repeating it with the same key answers the same node.',
        body: EnrolRequest,
        response: { 200: EnrolAnswer, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const network = networkOf(request.ip);
      const waitMs = throttle.waitMs(network);
      if (waitMs > 0) throw refuse('rate.limited', { retryAfterMs: waitMs });
      const { token } = request.body;
      // Looked up by digest: the time it takes says nothing about how much of a guess was right.
      const tokenHash = createHash('sha256').update(token).digest('hex');
      const account = await options.store.accounts.findByConnectorToken(tokenHash);
      if (!account) {
        throttle.fail(network);
        throw refuse('connector.wrong-token', { field: 'token' });
      }
      return enrol(account, request.body, options);
    },
  );
}

async function enrol(
  account: Account,
  request: z.output<typeof EnrolRequest>,
  { store, ids, bus, clock, logger }: EnrolOptions,
): Promise<EnrolAnswer> {
  if (!account.connectorEnabled) throw refuse('connector.not-enabled');
  const authority = await store.accounts.authority(account.id);
  const zones = await store.connectors.zones(account.id);
  const { defaultZoneId } = await store.hosting.settings(account.id);
  const zone = zones.find(({ id }) => id === defaultZoneId) ?? zones[0];
  if (!authority || !zone) throw new Error(`account ${account.id} has no authority or no zone`);
  // Before anything is stored: a broken request leaves no node behind.
  const certificatePem = await issueCertificate({
    authority,
    hosts: hostsOf(request.name),
    csrPem: request.csrPem,
    clock,
    clientAuth: true,
  });
  const { role, version, publicKey } = request;
  const others = (await store.connectors.nodesOfAccount(account.id)).filter(
    (other) => other.publicKey.x !== publicKey.x,
  );
  const name = freeName(
    request.name,
    others.map((other) => other.name),
  );
  const enrolledAtMs = clock.now();
  const node = await store.connectors.enrol({
    id: ids.node(),
    accountId: account.id,
    zoneId: zone.id,
    enrolledAtMs,
    name,
    role,
    version,
    publicKey,
  });
  if (node === 'other-account') {
    throw refuse('request.conflict', {
      field: 'publicKey',
      sentence: 'This node is enrolled in another account. Reset its pairing, so that it makes a new key.',
    });
  }
  const entry = { accountId: account.id, atMs: enrolledAtMs, actor: node.id, action: 'node.enrolled' };
  await store.audit.add({ id: ids.row('aud'), ...entry, subject: node.id });
  logger.info({ nodeId: node.id, nodeRole: role, name }, 'a node was enrolled');
  const about = {
    accountId: account.id,
    atMs: enrolledAtMs,
    kind: 'node.enrolled',
    severity: 'info',
  } as const;
  bus.publish('account.event', { ...about, subject: node.id, label: name, detail: version });
  bus.publish('policy.changed', { zoneId: node.zoneId });
  return {
    nodeId: node.id,
    accountId: account.id,
    accountName: account.name,
    // Of a node that enrols again, the zone it was moved to meanwhile.
    zoneId: node.zoneId,
    certificatePem,
    authorityPem: authority.certPem,
  };
}

/** Cloned machines share a host name; whoever drains one of them in the portal must know which. */
function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  for (let count = 2; ; count++) {
    const suffix = ` ${count}`;
    const name = wanted.slice(0, maxNameLength - suffix.length) + suffix;
    if (!taken.includes(name)) return name;
  }
}

/** The VM's own name, if it is one, and loopback, over which the processes of a VM talk to each other. */
function hostsOf(name: string): string[] {
  const isHostName = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/u.test(name) && !name.includes('..');
  const own = isIP(name) !== 0 || (isHostName && !/^[0-9.]+$/u.test(name)) ? [name] : [];
  return [...new Set([...own, 'localhost', '127.0.0.1'])];
}
