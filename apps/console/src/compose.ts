import { createHttpServer, type Clock, type Logger } from '@guildhall/kit';
import { errorCodes, type ConsoleStatus } from '@guildhall/protocol';
import type { FastifyInstance } from 'fastify';
import type { Certificates } from './certificates/certificates.ts';
import { registerCertificateRoutes } from './certificates/routes.ts';
import type { Logs } from './logs/logs.ts';
import { registerLogRoutes } from './logs/routes.ts';
import type { Configurer } from './configure/configure.ts';
import { registerConfigureRoutes } from './configure/routes.ts';
import type { Network } from './network/network.ts';
import { registerNetworkRoutes } from './network/routes.ts';
import type { Pairer } from './pairing/pairing.ts';
import { registerPairingRoutes } from './pairing/routes.ts';
import type { Drain } from './services/drain.ts';
import { registerServiceRoutes } from './services/routes.ts';
import { registerSelfTestRoutes } from './selftest/routes.ts';
import type { SelfTest } from './selftest/self-test.ts';
import type { Supervisor } from './services/supervisor.ts';
import { registerSupportRoutes } from './support/routes.ts';
import type { SupportBundle } from './support/support.ts';
import type { Accounts } from './users/accounts.ts';
import { registerUpdateRoutes } from './updates/routes.ts';
import type { Restarter } from './updates/restarter.ts';
import type { Updates } from './updates/updates.ts';
import { useAccess } from './users/access.ts';
import { createGuards } from './users/guards.ts';
import { registerUserRoutes } from './users/routes.ts';
import type { Sessions } from './users/sessions.ts';
import type { UserManager } from './users/users.ts';
import { usePages } from './web/pages.ts';
import { useSecurity } from './web/security.ts';

interface AppOptions {
  readonly accounts: Accounts;
  readonly users: UserManager;
  readonly sessions: Sessions;
  readonly supervisor: Supervisor;
  readonly drain: Drain;
  readonly pairer: Pairer;
  readonly network: Network;
  readonly configurer: Configurer;
  readonly status: () => Promise<ConsoleStatus>;
  readonly logs: Logs;
  readonly certificates: Certificates;
  readonly selfTest: SelfTest;
  readonly supportBundle: SupportBundle;
  readonly updates: Updates;
  readonly restarter: Pick<Restarter, 'restartNow'>;
  readonly pagesDir: string;
  readonly publicHosts: readonly string[];
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The console's HTTP surface: its pages and `/api/v1`. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { accounts, users, sessions, supervisor, pairer, status, logs, tls, clock, logger } = options;
  const app = createHttpServer({ logger, errorTable: errorCodes, ...(tls && { tls }) });
  const isSecure = tls !== undefined;
  await useSecurity(app, { isSecure, publicHosts: options.publicHosts });
  const guards = createGuards({ accounts, sessions });
  useAccess(app, guards);
  registerUserRoutes(app, { accounts, users, sessions, guards, isSecure });
  registerServiceRoutes(app, { supervisor, drain: options.drain, status, ...guards });
  registerPairingRoutes(app, { pairer, ...guards });
  registerNetworkRoutes(app, { network: options.network, ...guards });
  registerConfigureRoutes(app, { configurer: options.configurer });
  registerCertificateRoutes(app, options.certificates);
  registerSelfTestRoutes(app, options.selfTest);
  registerSupportRoutes(app, options.supportBundle);
  await registerUpdateRoutes(app, options.updates, options.restarter);
  registerLogRoutes(app, { logs, clock, ...guards });
  await usePages(app, options.pagesDir);
  return app;
}
