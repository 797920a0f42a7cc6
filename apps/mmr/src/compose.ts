import { admitRules } from '@guildhall/domain';
import {
  assertLoopbackOrTls,
  createHttpServer,
  isLoopback,
  listenHttp,
  readNodeIdentity,
  readNodeTls,
  ServedCertificate,
  startAdmin,
  systemRandom,
  writeControlSecret,
  writeRunFile,
  type Logger,
  type ServiceContext,
} from '@guildhall/kit';
import {
  drainDeadline,
  errorCodes,
  newIdText,
  NodeIdentity,
  productVersion,
  RouterIdSchema,
} from '@guildhall/protocol';
import { z } from 'zod';
import { serveCascade } from './cascade/server.ts';
import { openUplink } from './cascade/uplink.ts';
import type { Config } from './config.ts';
import type { Engine } from './engine/port.ts';
import { LoadReporter } from './load/load-reporter.ts';
import { watchLoopDelay } from './load/loop-delay.ts';
import { createRouterMetrics } from './load/metrics.ts';
import { QualitySampler } from './load/quality-sampler.ts';
import { MeetingMedia } from './media/meeting-media.ts';
import { hearingRules } from './media/slots/hearing.ts';
import { BranchHouse } from './meeting/branch-house.ts';
import { MeetingDirectory } from './meeting/directory.ts';
import { MediaProbes } from './probe/media-probe.ts';
import { Room } from './signalling/room.ts';
import { serveSignalling, signallingPath, type Signalling } from './signalling/server.ts';
import type { OpenMedia } from './types.ts';
import { openLearnedFile } from './zone-link/learned-file.ts';
import { ZoneLinks } from './zone-link/zone-links.ts';

export const role = 'mmr';

/** What the console orders on the admin port: whether to take no more meetings. */
const DrainOrder = z.strictObject({ drain: z.boolean(), ...drainDeadline });

interface Parts {
  readonly routerId: string;
  readonly engine: Engine;
  readonly zone: ZoneLinks;
  readonly meetings: MeetingDirectory;
  readonly branches: BranchHouse;
  readonly load: LoadReporter;
  readonly signalling: Signalling;
  readonly probes: MediaProbes;
}

/** What differs between the product and a zone of fakes. */
export interface Choices {
  readonly createEngine: (config: Config, logger: Logger) => Promise<Engine>;
}

/** Puts the router together and starts it. @throws ConfigError, and what the engine or a port in the way throws */
export const start = async (
  config: Config,
  context: ServiceContext,
  { createEngine }: Choices,
): Promise<void> => {
  const { logger, clock, onClose } = context;
  const startedAtMs = clock.now();
  const random = systemRandom;
  const identity = await readNodeIdentity(config.identityFile, NodeIdentity);
  const tls = await readNodeTls(config, identity.tls);
  assertLoopbackOrTls(config.host, tls !== undefined);
  // New at each start: a restarted router is another router, and a seat on the dead one is worth nothing.
  const routerId = RouterIdSchema.parse(newIdText('router', (count) => random.bytes(count)));

  const engine = await createEngine(config, logger);
  onClose('media engine', () => engine.close());

  const http = createHttpServer({ logger, errorTable: errorCodes, ...(tls && { tls }) });
  onClose('http', () => http.close());
  const { host } = config;
  const port = await listenHttp(http, { host, port: config.port, variable: 'GUILDHALL_MMR_PORT' });
  const certificate =
    tls && new ServedCertificate({ server: http.server, pair: tls, files: config, clock, logger });
  onClose('certificate', () => certificate?.close());
  const ownUrl = `${tls ? 'wss' : 'ws'}://localhost:${port}${signallingPath}`;
  const signallingUrls = config.signallingUrls.length > 0 ? config.signallingUrls : [ownUrl];

  const zone = new ZoneLinks({
    urls: config.controllers,
    learnedStore: await openLearnedFile(config.dataDir, identity.nodeId, logger),
    nodeId: identity.nodeId,
    key: identity.key,
    routerId,
    signallingUrls,
    authorityPem: identity.tls.authorityPem,
    serverName: config.controllerServerName,
    orders: {
      handover: (meetingId) => meetings.handover(meetingId),
      moved: (meetingId, epoch) => meetings.moved(meetingId, epoch),
      open: (order) => {
        branches.giveWay(order.meeting.meetingId);
        return meetings.open(order);
      },
      branch: (order) => branches.open(order),
      end: (meetingId, reason) => {
        meetings.end(meetingId, reason);
        branches.end(meetingId, reason);
      },
      turnedAway: (meetingId, why) => meetings.turnedAway(meetingId, why),
      update: (update) => meetings.update(update),
      catchUp: (missed) => meetings.catchUp(missed),
      merge: (meetingId, other, checkpoint) => meetings.merge(meetingId, other, checkpoint),
      drain: (order) => {
        meetings.drain(order);
        branches.drain(order.draining);
      },
    },
    clock,
    random,
    logger,
  });
  const openMedia: OpenMedia = (meetingId, listener) =>
    MeetingMedia.open(meetingId, listener, {
      engine,
      clock,
      random,
      logger,
      hearing: hearingRules(config.slotsAbove, config.speakerSlots),
    });
  const meetings = new MeetingDirectory({
    openMedia,
    zone,
    clock,
    random,
    logger,
    timings: config,
    maxMeetings: () => zone.limits.meetingsPerRouter,
    overload: () => load.overload,
  });
  const branches = new BranchHouse({
    openMedia,
    openUplink: (order, listener) =>
      openUplink(order, listener, {
        nodeId: identity.nodeId,
        key: identity.key,
        routerId,
        authorityPem: identity.tls.authorityPem,
        clock,
        random,
        logger,
      }),
    clock,
    random,
    logger,
    timings: config,
    overload: () => load.overload,
    owns: (meetingId) => meetings.find(meetingId) !== undefined,
    draining: () => meetings.draining,
    onChanged: () => zone.loadChanged(),
  });
  const loop = watchLoopDelay();
  onClose('loop delay', () => loop.close());
  const load: LoadReporter = new LoadReporter({
    engine,
    participants: () => [...meetings.counts(), ...branches.reports().map(({ participants }) => participants)],
    report: () => zone.report(),
    loopDelayMs: loop.take,
    rules: admitRules({ workerCpu: config.refuseFromCpu, loopDelayMs: config.refuseFromLoopDelayMs }),
    clock,
    logger,
  });
  const quality = new QualitySampler({
    meetings: () => [...meetings.watched(), ...branches.watched()],
    workers: () => load.workers,
    report: (report) => zone.reportQuality(report),
    startedAtMs,
    addresses: signallingUrls,
    certificateExpiresAtMs: () => certificate?.expiresAtMs,
    clock,
  });
  const signalling = serveSignalling({
    server: http.server,
    meetings: { find: (meetingId) => meetings.find(meetingId) ?? branches.find(meetingId) },
    seats: { routerId, keys: () => zone.seatKeys, clock },
    room: new Room({
      limit: () => zone.limits.participantsPerRouter,
      taken: () => meetings.places + branches.places,
      hasPlace: (...who) => meetings.hasPlace(...who) || branches.hasPlace(...who),
    }),
    webOrigins: () => zone.webOrigins,
    loopbackOrigins: config.loopbackOrigins && isLoopback(host),
    clock,
    logger,
  });
  const cascade = serveCascade(http.server, {
    routerId,
    keys: () => zone.seatKeys,
    branchesOf: (meetingId) => meetings.branchesOf(meetingId),
    clock,
    logger,
  });
  const self = {
    load: () => load.current,
    meetings: () => meetings.reports(),
    branches: () => branches.reports(),
    draining: () => meetings.draining,
    drainEndsAtMs: () => meetings.drainEndsAtMs,
    overload: () => load.overload,
  };
  zone.start(self, () => load.changed());
  const probes = new MediaProbes({ engine, clock });
  onClose('media probe', () => probes.close());
  load.start();
  quality.start();
  // Closers run in reverse: what must survive is stored, then browsers are sent to look for another router, then the
  // controllers see this one go and open its meetings elsewhere.
  onClose('load', () => load.close());
  onClose('quality', () => quality.close());
  onClose('zone links', () => zone.close());
  onClose('cascade', () => cascade.close());
  onClose('branches', () => branches.close());
  onClose('signalling', () => signalling.close());
  onClose('checkpoints', () => zone.flush());

  await makeVisible(
    config,
    context,
    { routerId, engine, zone, meetings, branches, load, signalling, probes },
    startedAtMs,
    port,
  );
  logger.info({ routerId, host, port, workers: engine.workers().length }, 'mmr is ready');
};

/** The admin pages and the run file: how operators and other programs see this process. */
const makeVisible = async (
  config: Config,
  { logger, onClose }: ServiceContext,
  { routerId, engine, zone, meetings, branches, load, signalling, probes }: Parts,
  startedAtMs: number,
  port: number,
): Promise<void> => {
  const running = (): number => engine.workers().filter(({ state }) => state === 'running').length;
  const links = (): number => Object.values(signalling.describe()).reduce((sum, count) => sum + count, 0);
  const secret = config.runDir === undefined ? undefined : await writeControlSecret(config.runDir, role);
  onClose('control secret', () => secret?.remove());
  const drain = async (order: unknown): Promise<object> => {
    const { drain: draining, ...deadline } = DrainOrder.parse(order);
    meetings.drain({ draining, ...deadline });
    branches.drain(draining);
    return {};
  };
  const admin = await startAdmin({
    logger,
    port: config.adminPort,
    variable: 'GUILDHALL_MMR_ADMIN_PORT',
    health: () => ({ ok: true, facts: { version: productVersion, routerId } }),
    ready: () => ({
      ok: running() > 0 && zone.linked > 0,
      facts: { workers: running(), controllers: zone.linked },
    }),
    metrics: createRouterMetrics({
      meetings: () => load.current.meetings,
      participants: () => load.current.participants,
      links,
      controllers: () => zone.linked,
      workers: running,
      workerRestarts: () => engine.workers().reduce((sum, { restarts }) => sum + restarts, 0),
      workerCpu: () => load.current.workerCpu,
      bitrateInBps: () => load.current.bitrateInBps,
      bitrateOutBps: () => load.current.bitrateOutBps,
    }),
    actions: { '/probe': (body) => probes.open(body) },
    ...(secret && { control: { secret: secret.value, orders: { '/control/drain': drain } } }),
    debugState: () => ({
      routerId,
      controllers: zone.describe(),
      policy: { minimumVersion: zone.minimumVersion },
      load: load.current,
      admission: load.admission,
      draining: meetings.draining,
      drainEndsAtMs: meetings.drainEndsAtMs,
      drainEnded: meetings.drainEnded,
      workers: engine.workers(),
      links: signalling.describe(),
      meetings: meetings.describe(),
      branches: branches.describe(),
    }),
  });
  onClose('admin', () => admin.close());
  if (config.runDir === undefined) return;

  const workers = (): number[] => engine.workers().flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  const [first] = engine.workers();
  const runFile = await writeRunFile(config.runDir, {
    role,
    pid: process.pid,
    ports: { signalling: port, media: first?.udpPort ?? 0, iceTcp: first?.tcpPort ?? 0 },
    adminPort: admin.port,
    startedAt: startedAtMs,
    workers: workers(),
  });
  onClose('run file', () => runFile.remove());
  engine.onWorkerReady(() => {
    runFile.update({ workers: workers() }).catch((error: unknown) => {
      logger.warn({ err: error }, 'the run file could not be updated');
    });
  });
};
