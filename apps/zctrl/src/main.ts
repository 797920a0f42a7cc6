import { readFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { versionStanding, type NodeId, type RouterId } from '@guildhall/domain';
import {
  assertLoopbackOrTls,
  createHttpServer,
  listenHttp,
  openSqlite,
  readNodeIdentity,
  readNodeTls,
  runProgram,
  ServedCertificate,
  startAdmin,
  systemRandom,
  writeRunFile,
  type ServiceContext,
} from '@guildhall/kit';
import { Outbound, proxyOf } from '@guildhall/kit/outbound';
import { errorCodes, productVersion, NodeIdentity, type Policy, type PublicJwk } from '@guildhall/protocol';
import { dialWs } from '@guildhall/rpc/ws-client';
import { configSchema, type Config } from './config.ts';
import { registerJoinRoutes } from './join/http.ts';
import { createJoinService } from './join/join-service.ts';
import { branchSigner } from './join/tokens.ts';
import { createZoneMetrics } from './metrics.ts';
import { PauseWatch } from './peer/pause-watch.ts';
import { createPair } from './peer/pair.ts';
import { Reservations } from './peer/reservations.ts';
import { Drainer } from './placement/drainer.ts';
import { MeetingDirectory } from './placement/meeting-directory.ts';
import { MeetingUpdates } from './placement/meeting-updates.ts';
import { isUsable } from './placement/views.ts';
import { toldOf } from './placement/told.ts';
import { drainRouter } from './routers/drain.ts';
import { RouterRegistry } from './routers/registry.ts';
import { serveRouterLinks } from './routers/router-links.ts';
import { pairReportOf, reportOf } from './routers/status.ts';
import { Facts } from './store/facts.ts';
import { MeetingStore } from './store/meeting-store.ts';
import { Outbox } from './store/outbox.ts';
import { PolicyCache } from './store/policy-cache.ts';
import { migrations } from './store/schema.ts';
import { Uplink } from './uplink/uplink.ts';

const newEpoch = (): string => Buffer.from(systemRandom.bytes(12)).toString('hex');

async function start(config: Config, context: ServiceContext): Promise<void> {
  const { logger, clock, onClose } = context;
  const startedAtMs = clock.now();
  const identity = await readNodeIdentity(config.identityFile, NodeIdentity);
  const tls = await readNodeTls(config, identity.tls);
  assertLoopbackOrTls(config.host, tls !== undefined);

  const database = openSqlite(join(config.dataDir, 'zctrl.sqlite'), {
    migrations,
    // What is lost with it comes back: the policy from the cloud, the meetings from the routers.
    onDamage: {
      nowMs: () => clock.now(),
      setAside: (movedTo) =>
        logger.error({ movedTo }, 'the store was damaged and put aside; starting afresh'),
    },
  });
  onClose('store', () => database.close());
  const outbox = new Outbox({
    database,
    clock,
    logger,
    newEpoch,
    maxEvents: config.outboxMaxEvents,
    maxBytes: config.outboxMaxMegabytes * 1024 * 1024,
  });
  const store = new MeetingStore({ database, outbox, clock, logger });
  onClose('checkpoints', () => store.close());
  const { accountId } = identity;
  const policy = new PolicyCache({ accountId, facts: new Facts(database), logger });
  policy.onChange(({ minimumVersion: minimum }) => {
    const standing = versionStanding(productVersion, minimum, clock.now());
    if (standing === 'ok') return;
    const facts = {
      version: productVersion,
      minimum: minimum?.version,
      from: minimum && new Date(minimum.fromMs),
    };
    logger.warn(facts, 'this connector is too old: update it, for from that date it takes no new meetings');
  });

  const registry = new RouterRegistry({
    clock,
    isUsable: (router) =>
      policy.current !== undefined && isUsable(router, policy.current.limits, clock.now()),
  });
  const signBranch = branchSigner({ identity, clock }, policy);
  const pair = createPair(
    config,
    { identity, policy, store, clock, logger, random: systemRandom },
    (...ask) => reservations.answer(...ask),
  );
  const reservations = new Reservations({
    self: identity.nodeId,
    peer: pair.link,
    witness: { claim: (claims) => uplink.claim(claims) },
    store,
    placeOf: (meetingId) => directory.placeOf(meetingId),
    places: () => directory.places(),
    clock,
    logger,
  });
  onClose('reservations', () => reservations.close());
  const nodeOf = (routerId: RouterId): NodeId | undefined => registry.get(routerId)?.nodeId;
  const directory = new MeetingDirectory({
    registry,
    store,
    policy,
    reservations,
    signBranch,
    onDecided: (decision) => {
      const told = toldOf(decision, nodeOf);
      if (told) uplink.placed(told);
    },
    clock,
    logger,
  });
  onClose('directory', () => directory.close());
  registry.onUsable(() => directory.routerUsable());
  const drainer = new Drainer({
    routers: () => registry.all(),
    isUsable: (router) =>
      policy.current !== undefined && isUsable(router, policy.current.limits, clock.now()),
    meetings: directory,
    clock,
    logger,
  });
  onClose('drainer', () => drainer.close());
  registry.onChange(() => drainer.look());

  const updates = new MeetingUpdates({ meetings: directory, registry, clock, logger });
  onClose('updates', () => updates.close());
  registry.onChange(() => updates.look());

  const participants = (): number =>
    registry.all().reduce((sum, one) => sum + (one.load?.participants ?? 0), 0);
  const status = () => ({
    routers: registry.all().map((router) => reportOf(router, clock.now())),
    meetings: directory.size,
    participants: participants(),
    ...pairReportOf(pair.link.state),
  });

  const http = createHttpServer({ logger, errorTable: errorCodes, ...(tls && { tls }) });
  const metrics = createZoneMetrics({
    routers: () => registry.all().length,
    meetings: () => directory.size,
    participants,
    outboxEvents: () => outbox.size,
    isCloudConnected: () => uplink.state.state === 'connected',
  });
  const isReady = (): boolean =>
    registry.all().some((router) => policy.current && isUsable(router, policy.current.limits, clock.now()));
  registerJoinRoutes(http, {
    controllerId: identity.nodeId,
    service: createJoinService({ identity, policy, directory, store, clock }),
    policy,
    clock,
    isReady,
    onJoin: (outcome) => metrics.joined(outcome),
  });
  onClose('http', () => http.close());
  const port = await listenHttp(http, {
    host: config.host,
    port: config.port,
    variable: 'GUILDHALL_ZCTRL_PORT',
  });
  const certificate =
    tls && new ServedCertificate({ server: http.server, pair: tls, files: config, clock, logger });
  onClose('certificate', () => certificate?.close());
  const links = serveRouterLinks(http.server, {
    identity,
    policy,
    registry,
    meetings: directory,
    store,
    outbox,
    seatKeys: (current) => seatKeysOf(current, identity),
    onQuality: ({ routerId, nodeId }, report) => uplink.qualityReported({ routerId, nodeId, report }),
    clock,
    logger,
  });
  onClose('router links', () => links.close());
  const pairServer = pair.serve(http.server);
  onClose('pair server', () => pairServer.close());
  onClose('pair link', () => pair.link.close());
  const pauseWatch = new PauseWatch({
    clock,
    logger,
    onPause: () => directory.distrust(pair.heardAfterPause()),
  });
  onClose('pause watch', () => pauseWatch.close());

  const publicUrls =
    config.publicUrls.length > 0 ? config.publicUrls : [`http${tls ? 's' : ''}://localhost:${port}`];
  const controlCa = config.controlCaFile === undefined ? [] : [await readFile(config.controlCaFile, 'utf8')];
  const controlUrl = linkUrl(config.controlUrl ?? identity.controlUrl);
  const outbound = new Outbound(proxyOf(config));
  const uplink = new Uplink({
    identity,
    dial: (authorization, signal) =>
      dialWs({
        url: controlUrl,
        headers: { authorization },
        ca: [...getCACertificates('default'), identity.tls.authorityPem, ...controlCa],
        agent: outbound.agentFor(new URL(controlUrl)),
        signal,
      }),
    publicUrls,
    startedAtMs,
    policy,
    outbox,
    status,
    certificateExpiresAtMs: () => certificate?.expiresAtMs,
    running: () => directory.running,
    endMeeting: (meetingId, reason) => directory.end(meetingId, reason),
    placements: () => directory.decisions.flatMap((decision) => toldOf(decision, nodeOf) ?? []),
    onUpdate: (update) => updates.take(update),
    onMissed: (missed) => updates.catchUp(missed),
    drainRouter: (order) => drainRouter(order, { registry, logger }),
    clock,
    random: systemRandom,
    logger,
  });
  onClose('uplink', () => uplink.close());
  registry.onChange(() => uplink.statusChanged());
  pair.link.onChange(() => uplink.statusChanged());
  uplink.start();
  pair.link.start();

  const admin = await startAdmin({
    logger,
    port: config.adminPort,
    health: () => ({ ok: true }),
    ready: () => ({
      ok: policy.current !== undefined,
      facts: {
        cloud: uplink.state.state,
        pair: pair.link.state.state,
        policyRev: policy.current?.rev ?? null,
        routers: registry.all().length,
      },
    }),
    metrics: metrics.registry,
    debugState: () => ({
      ...status(),
      cloud: uplink.state,
      pair: pair.link.state,
      policy: policy.current ?? null,
      orphans: directory.orphans,
      outbox: { epoch: outbox.epoch, events: outbox.size },
      decisions: directory.decisions,
    }),
  });
  onClose('admin', () => admin.close());
  if (config.runDir !== undefined) {
    const runFile = await writeRunFile(config.runDir, {
      role: 'zctrl',
      pid: process.pid,
      ports: { http: port },
      adminPort: admin.port,
      startedAt: startedAtMs,
    });
    onClose('run file', () => runFile.remove());
  }
  logger.info({ host: config.host, port, publicUrls }, 'zctrl is ready');
  // Else the cache is only written at an orderly end, and the start after a kill is the one that must be quick.
  flushCompileCache();
}

/** `<controlUrl>/control` with the WebSocket scheme. */
function linkUrl(controlUrl: string): string {
  const url = new URL(controlUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = `${url.pathname.replace(/\/+$/u, '')}/control`;
  return url.href;
}

/** Keys of every controller of the zone; the own one even before the cloud lists it. */
function seatKeysOf(policy: Policy, identity: NodeIdentity): PublicJwk[] {
  const { kty, crv, x, kid } = identity.key;
  const others = policy.nodes
    .filter((node) => node.role === 'controller' && node.nodeId !== identity.nodeId)
    .map((node) => node.publicKey);
  return [{ kty, crv, x, kid }, ...others];
}

await runProgram({
  role: 'zctrl',
  schema: configSchema,
  env: process.env,
  argv: process.argv.slice(2),
  start,
});
