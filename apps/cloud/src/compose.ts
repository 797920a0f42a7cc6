import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import {
  assertLoopbackOrTls,
  createHttpServer,
  createMetrics,
  isLoopback,
  listenHttp,
  readServerTls,
  startAdmin,
  systemClock,
  systemRandom,
  writeRunFile,
  type Clock,
  type HttpServerOptions,
  type Logger,
  type Random,
} from '@guildhall/kit';
import { errorCodes } from '@guildhall/protocol';
import type { FastifyInstance } from 'fastify';
import { createAddresses } from './addresses.ts';
import { bootstrap } from './bootstrap.ts';
import { startAlerts } from './alerts/alerts.ts';
import { addAlertRoutes } from './alerts/routes.ts';
import { createMemoryBus } from './bus/memory.ts';
import type { Config } from './config.ts';
import { addConnectorRoutes } from './connector/connector.ts';
import { Downloads } from './connector/downloads.ts';
import { HostingDecisions } from './connector/hosting.ts';
import { addEnrolment } from './control/enrol.ts';
import { EventSink } from './control/events.ts';
import { ControlLinks } from './control/links.ts';
import { Policies } from './control/policy.ts';
import { createControlServer } from './control/server.ts';
import { VanishedZones } from './control/vanished.ts';
import { Gateway } from './gateway/server.ts';
import { createIds } from './ids.ts';
import { PassService } from './join/passes.ts';
import { JoinService } from './join/service.ts';
import { TicketSigner } from './join/tickets.ts';
import { MeetingService } from './meetings/service.ts';
import { startMonitor, watchedBy } from './monitor/monitor.ts';
import { addMonitoringRoutes } from './monitor/routes.ts';
import { assertStrongPassword, hashPassword } from './people/passwords.ts';
import { SessionService } from './people/sessions.ts';
import { openStore } from './store/open.ts';
import { Callers } from './web/people.ts';
import type { App } from './web/types.ts';
import { addWeb, useZod } from './web/web.ts';

export interface ComposeOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Told of each part as soon as it must be closed at the end, also when a later part fails to start. */
  readonly onClose: (name: string, close: () => void | Promise<void>) => void;
}

export interface Cloud {
  /** Where people reach the portal. */
  readonly publicUrl: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly adminPort: number;
}

/** `apps`, which holds the built pages of the portal and the meeting. */
const defaultPagesDir = fileURLToPath(new URL('../..', import.meta.url));

/** Puts the cloud together and starts it: the one place where its folders meet. */
export async function composeCloud(options: ComposeOptions): Promise<Cloud> {
  const { config, logger, onClose, clock = systemClock, random = systemRandom } = options;
  const tls = await readServerTls(
    { tlsCertFile: config.tls.certFile, tlsKeyFile: config.tls.keyFile },
    { cert: 'tls.certFile', key: 'tls.keyFile' },
  );
  assertLoopbackOrTls(config.host, tls !== undefined);
  const isSecure = tls !== undefined || config.publicUrl?.startsWith('https:') === true;
  const addresses = createAddresses({ publicUrl: config.publicUrl, host: config.host, isSecure });
  const ids = createIds(random);
  const store = await openStore({
    databaseUrl: config.databaseUrl,
    dataDir: config.dataDir,
    newRunId: () => ids.row('run'),
    onConnectionLost: (error) =>
      logger.sampled('db', 10_000).warn({ err: error }, 'a database connection was lost'),
  });
  onClose('store', () => store.close());
  const { authorityDir, ownerEmail, ownerPassword } = config;
  await bootstrap({ store, ids, clock, logger, authorityDir, ownerEmail, ownerPassword, hashPassword });

  const bus = createMemoryBus(logger);
  const passLifetimeMs = config.passDays * 24 * 3_600_000;
  const policies = new Policies({
    store,
    clock,
    webOrigins: () => addresses.origins(),
    limits: config.limits,
    passLifetimeMs,
  });
  const links = new ControlLinks({ store, bus, policies, clock, logger });
  onClose('controllers', () => links.close());
  const events = new EventSink({ store, bus, clock, logger });
  const sessions = new SessionService({ store, clock, random, isSecure });
  const tickets = new TicketSigner(store, clock);
  const hosting = new HostingDecisions({ store, clock, controllers: links });
  const joins = new JoinService({ store, ids, clock, tickets, controllers: links, hosting });
  const passes = new PassService({ store, clock, tickets, hosting, joins, lifetimeMs: passLifetimeMs });
  const meetings = new MeetingService({
    store,
    ids,
    bus,
    clock,
    random,
    publicUrl: () => addresses.publicUrl(),
  });
  const isOwnOrigin = (origin: string): boolean => addresses.isOwnOrigin(origin);
  const gateway = new Gateway({
    store,
    bus,
    clock,
    logger,
    isOwnOrigin,
    sessions: {
      find: async (header) => {
        const session = await sessions.findByHeader(header);
        return session && { userId: session.user.id, tokenHash: session.tokenHash };
      },
      isOpen: async (tokenHash) => (await store.sessions.find(tokenHash, clock.now())) !== undefined,
    },
  });
  onClose('gateway', () => gateway.close());
  if (config.roles.includes('control')) {
    const afterMs = config.vanishedZoneMinutes * 60_000;
    const vanished = new VanishedZones({
      history: store.history,
      bus,
      isLive: (zoneId) => links.ofZone(zoneId).length > 0,
      events,
      afterMs,
      clock,
      logger,
    });
    onClose('vanished zones', () => vanished.close());
  }
  const attachControl = createControlServer({ store, links, policies, events, bus, clock, logger });
  const isRecording = config.roles.includes('monitor');
  const { limits } = config;
  const monitor = startMonitor({ store, bus, ids, clock, logger, limits, isRecording, onClose });
  // A cloud that only this machine reaches is being evaluated; so are webhooks on it.
  const rules = { allowLoopback: isLoopback(config.host) };
  const { host: mailHost, user, password, port: mailPort, security, from } = config.mail;
  const mail =
    mailHost === undefined
      ? undefined
      : { host: mailHost, port: mailPort, security, user, password, from: from ?? `guildhall@${mailHost}` };
  const sender = startAlerts({
    store,
    bus,
    ids,
    clock,
    logger,
    watched: watchedBy(monitor),
    rules,
    mail,
    isWatching: isRecording,
    onClose,
  });

  const newServer = (): FastifyInstance => {
    const base: HttpServerOptions = { logger, errorTable: errorCodes };
    const server = createHttpServer(tls ? { ...base, tls } : base);
    useZod(server);
    return server;
  };
  const listen = async (name: string, port: number, server: FastifyInstance, variable: string) => {
    onClose(name, () => closeServer(server));
    return listenHttp(server, { host: config.host, port, variable });
  };
  const attach = (part: 'gateway' | 'control', server: Server): void => {
    const link = part === 'gateway' ? gateway.attach(server) : attachControl(server);
    onClose(`${part} links`, () => link.close());
  };
  const has = (role: Config['roles'][number]): boolean => config.roles.includes(role);
  const enrolment = { store, ids, bus, clock, logger };

  const ports: Record<string, number> = {};
  const main = newServer();
  if (has('web')) {
    const callers = new Callers(sessions, clock);
    const passwords = { hash: hashPassword, assertStrong: assertStrongPassword };
    const services = {
      store,
      ids,
      bus,
      clock,
      logger,
      callers,
      passwords,
      meetings,
      joins,
      passes,
      controllers: links,
    };
    const downloads = new Downloads({ directory: config.downloadsDir, logger });
    onClose('downloads', () => downloads.close());
    const areas = [
      (app: App) =>
        addConnectorRoutes(app, { ...services, random, hosting, downloads, defaultLimits: limits }),
      (app: App) => addMonitoringRoutes(app, monitor, callers),
      (app: App) => addAlertRoutes(app, { ...services, sender, rules, canMail: mail !== undefined, random }),
    ];
    await addWeb(main, {
      services,
      areas,
      isSecure,
      isOwnOrigin,
      pagesDir: config.pagesDir ?? defaultPagesDir,
    });
  }
  if (has('control')) addEnrolment(main, enrolment);
  ports['http'] = await listen('web', config.port, main, 'GUILDHALL_CLOUD_PORT');
  addresses.listening(ports['http']);
  if (has('gateway')) attach('gateway', main.server);
  if (has('control')) attach('control', main.server);

  if (has('gateway') && config.gatewayPort !== undefined) {
    const server = newServer();
    const port = await listen('gateway port', config.gatewayPort, server, 'GUILDHALL_CLOUD_GATEWAY_PORT');
    ports['gateway'] = port;
    attach('gateway', server.server);
  }
  if (has('control') && config.controlPort !== undefined) {
    const server = newServer();
    addEnrolment(server, enrolment);
    const port = await listen('control port', config.controlPort, server, 'GUILDHALL_CLOUD_CONTROL_PORT');
    ports['control'] = port;
    attach('control', server.server);
  }

  const adminPort = await serveAdmin(options, {
    ping: () => store.ping(),
    debugState: () => ({ ports, pages: gateway.size, controllers: links.size, origins: addresses.origins() }),
  });
  if (config.runDir !== undefined) {
    const facts = { role: 'cloud', pid: process.pid, ports, adminPort, startedAt: clock.now() };
    const runFile = await writeRunFile(config.runDir, facts);
    onClose('run file', () => runFile.remove());
  }
  const publicUrl = addresses.publicUrl();
  logger.info({ publicUrl, ports, adminPort, roles: config.roles }, 'the cloud is ready');
  return { publicUrl, ports, adminPort };
}

async function serveAdmin(
  { config, logger, onClose }: ComposeOptions,
  parts: { readonly ping: () => Promise<void>; readonly debugState: () => unknown },
): Promise<number> {
  const admin = await startAdmin({
    logger,
    port: config.adminPort,
    variable: 'GUILDHALL_CLOUD_ADMIN_PORT',
    health: () => ({ ok: true }),
    ready: async () => {
      const isStoreThere = await parts.ping().then(
        () => true,
        () => false,
      );
      return { ok: isStoreThere, facts: { store: isStoreThere ? 'reachable' : 'unreachable' } };
    },
    metrics: createMetrics('cloud'),
    debugState: parts.debugState,
  });
  onClose('admin', () => admin.close());
  return admin.port;
}

async function closeServer(server: FastifyInstance): Promise<void> {
  const closed = server.close();
  // Browsers keep idle connections open for a minute.
  server.server.closeAllConnections();
  await closed;
}
