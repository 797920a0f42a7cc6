import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  generateSigningKey,
  listen,
  publicKeyOf,
  signToken,
  systemClock,
  systemRandom,
  UsedTokens,
  verifyNodeProof,
  type PrivateKeyJwk,
} from '@guildhall/kit';
import { answerClaim, type Claim, type NodeId } from '@guildhall/domain';
import { createAuthority, issueCertificate } from '@guildhall/kit/tls';
import {
  controlContract,
  defaultLimits,
  EnrolRequest,
  newIdText,
  MeetingIdSchema,
  NodeProofClaims,
  Policy,
  ticketIssuer,
  ticketLifetimeMs,
  zoneAudience,
  NodeIdentity,
  PublicJwk,
  type IdKind,
  type SpooledEvent,
  type OpenPlace,
} from '@guildhall/protocol';
import { createPeer, GuildhallError, type Peer, type Pipe } from '@guildhall/rpc';
import { attachWsServer } from '@guildhall/rpc/ws-server';
import { freePort } from '@guildhall/testkit';

export const connectorToken = `ght_${'a'.repeat(40)}`;
export const idText = (kind: IdKind): string => newIdText(kind, (count) => systemRandom.bytes(count));

interface NodeEntry {
  readonly nodeId: string;
  readonly role: 'controller' | 'mmr';
  readonly publicKey: PublicJwk;
}

/**
 * The cloud controller as a zone knows it: enrols nodes, answers their links with a policy, stores their events. What it
 * knows outlives `stop`, so a test can take it away and bring it back.
 */
export class FakeCloud {
  readonly events = new Map<number, SpooledEvent>();
  readonly claims = new Map<string, Claim<OpenPlace>>();
  readonly reports: { meetings: number; routers: readonly { state: string }[] }[] = [];
  /** Of each router, from the next policy on. */
  limits: Policy['limits'] = defaultLimits;
  readonly #accountId = idText('account');
  readonly #zoneId = idText('zone');
  readonly #nodes: NodeEntry[] = [];
  readonly #ticketKey = generateSigningKey();
  readonly #authority = createAuthority({ commonName: 'Scenario', clock: systemClock });
  #peer: Peer<typeof controlContract, 'a'> | undefined;
  readonly #controllers: { nodeId: string; urls: string[] }[] = [];
  #port = 0;
  #stop: (() => Promise<void>) | undefined;

  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Knows a node without its enrolment; answers the identity it works with. */
  enlist(role: NodeEntry['role'], key: PrivateKeyJwk): NodeIdentity {
    const nodeId = idText('node');
    this.#nodes.push({ nodeId, role, publicKey: PublicJwk.parse(publicKeyOf(key)) });
    return NodeIdentity.parse({
      nodeId,
      accountId: this.#accountId,
      accountName: 'Scenario',
      zoneId: this.#zoneId,
      role,
      controlUrl: this.url,
      key,
      tls: { certificatePem: '', keyPem: '', authorityPem: '' },
    });
  }

  /** From the next policy on controllers and routers are told where this controller answers. */
  locate(nodeId: string, url: string): void {
    this.#controllers.push({ nodeId, urls: [url] });
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    this.#port ||= await freePort();
    await listen(server, { host: '127.0.0.1', port: this.#port });
    const seen = new UsedTokens(systemClock);
    const links = attachWsServer({
      server,
      path: '/control',
      maxPayloadBytes: 1024 * 1024,
      authorize: (request) =>
        verifyNodeProof(request.headers.authorization, {
          schema: NodeProofClaims,
          audience: 'control',
          keysOf: (nodeId) =>
            this.#nodes.filter((node) => node.nodeId === nodeId).map((node) => node.publicKey),
          seen,
          clock: systemClock,
        }),
      onConnection: (pipe, { identity }) => this.#link(pipe, identity.iss),
    });
    this.#stop = async () => {
      await links.close(1012, 'the cloud is going away');
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    };
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    const stop = this.#stop;
    this.#stop = undefined;
    await stop?.();
  }

  /** A ticket for a guest, or for the claims given. */
  async ticket(meeting: unknown, claims: Record<string, unknown> = {}): Promise<string> {
    const participantId = idText('participant');
    return signToken({
      key: await this.#ticketKey,
      issuer: ticketIssuer,
      audience: zoneAudience(this.#zoneId),
      typ: 'ticket',
      lifetimeMs: ticketLifetimeMs,
      claims: {
        accountId: this.#accountId,
        zoneId: this.#zoneId,
        participantId,
        subject: `guest:${participantId}`,
        name: 'Ada',
        role: 'guest',
        meeting,
        ...claims,
      },
      clock: systemClock,
    });
  }

  async endMeeting(meetingId: string): Promise<void> {
    const order = { meetingId: MeetingIdSchema.parse(meetingId), reason: 'ended-by-portal' } as const;
    await this.#peer?.request('meeting.end', order);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      const error = { code: 'auth.required', message: 'Sign in first.' };
      response.writeHead(401).end(JSON.stringify({ error }));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const body = EnrolRequest.parse(JSON.parse(Buffer.concat(chunks).toString()));
    if (body.token !== connectorToken) {
      const error = { code: 'connector.wrong-token', message: 'The connector token is wrong.' };
      response.writeHead(403).end(JSON.stringify({ error }));
      return;
    }
    const known = this.#nodes.find((node) => node.publicKey.x === body.publicKey.x);
    const nodeId = known?.nodeId ?? idText('node');
    if (!known) this.#nodes.push({ nodeId, role: body.role, publicKey: body.publicKey });
    const authority = await this.#authority;
    const certificatePem = await issueCertificate({
      authority,
      csrPem: body.csrPem,
      hosts: ['localhost'],
      clock: systemClock,
    });
    const account = { accountId: this.#accountId, accountName: 'Scenario', zoneId: this.#zoneId };
    response.end(JSON.stringify({ nodeId, ...account, certificatePem, authorityPem: authority.certPem }));
  }

  /** The real rule of the witness, as the cloud keeps it in its store. */
  #claim(from: NodeId, { meetingId, place }: { meetingId: string; place: OpenPlace }) {
    const { answer, next } = answerClaim(this.claims.get(meetingId) ?? null, { from, place }, Date.now());
    this.claims.set(meetingId, next);
    return answer;
  }

  #link(pipe: Pipe, nodeId: NodeId): void {
    const peer = createPeer({
      contract: controlContract,
      side: 'a',
      pipe,
      handlers: {
        register: async () => {
          const key = await this.#ticketKey;
          const policy = this.#policy(publicKeyOf(key));
          return { policy, serverTimeMs: Date.now() };
        },
        'meeting.claim': ({ claims }) => ({ answers: claims.map((claim) => this.#claim(nodeId, claim)) }),
        'meetings.check': () => ({ deleted: [] }),
        'events.push': ({ events }) => {
          for (const { seq, event } of events) this.events.set(seq, event);
          return { ackedSeq: events.at(-1)?.seq ?? 0 };
        },
      },
    });
    peer.on('status.reported', (report) => void this.reports.push(report));
    this.#peer = peer;
  }

  #policy(ticketKey: PublicJwk) {
    if (this.#nodes.length === 0) throw new GuildhallError('node.unknown', 'Nobody is enrolled.');
    return Policy.parse({
      rev: 1,
      accountId: this.#accountId,
      zoneId: this.#zoneId,
      mode: 'production',
      ticketKeys: [ticketKey],
      nodes: this.#nodes,
      webOrigins: ['http://localhost:8080'],
      limits: this.limits,
      ...(this.#controllers.length > 0 && { controllers: this.#controllers }),
    });
  }
}
