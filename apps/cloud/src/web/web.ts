import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { useApiDocs } from './docs.ts';
import { usePages } from './pages.ts';
import { addMeetingRoutes } from './routes-meetings.ts';
import { addSessionRoutes } from './routes-session.ts';
import { addUserRoutes } from './routes-users.ts';
import { useSecurity, type SecurityOptions } from './security.ts';
import type { App, WebServices } from './types.ts';

export interface WebOptions extends SecurityOptions {
  readonly services: WebServices;
  /** Routes that other folders bring. */
  readonly areas: readonly ((app: App) => void)[];
  /** Holds portal/dist and meet/dist. */
  readonly pagesDir: string;
}

/** The role `web`: the REST API, its description, and the pages. */
export async function addWeb(server: FastifyInstance, options: WebOptions): Promise<void> {
  await useSecurity(server, options);
  await useApiDocs(server);
  const app = server.withTypeProvider<ZodTypeProvider>();
  addSessionRoutes(app, options.services);
  addUserRoutes(app, options.services);
  addMeetingRoutes(app, options.services);
  for (const addArea of options.areas) addArea(app);
  await usePages(server, options.pagesDir);
}

/** Schemas of routes are zod. Before any route. */
export function useZod(server: FastifyInstance): void {
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
}
