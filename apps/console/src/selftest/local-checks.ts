import { readFile, statfs } from 'node:fs/promises';
import { readRunFiles } from '@guildhall/kit';
import type { ConsoleCertificates, ServiceName, ServiceStatus } from '@guildhall/protocol';
import { z } from 'zod';
import { fail, ok, skipped, warn, type Outcome } from './outcome.ts';

const answerWithinMs = 2_000;
const dayMs = 86_400_000;
const warnCertificateDays = 30;
const gib = 1024 ** 3;

const ZoneDebug = z.object({
  routers: z.array(z.unknown()).catch([]),
  cloud: z.object({ state: z.string() }).optional().catch(undefined),
});
const RouterDebug = z.object({
  controllers: z.array(z.object({ url: z.string(), state: z.string().optional() })),
});

/** Whether the zone controller answers, has its cloud and knows routers. */
export async function checkController(runDir: string, isHere: boolean): Promise<Outcome> {
  if (!isHere) return skipped('controller-elsewhere');
  const state = ZoneDebug.safeParse(await debugState(runDir, 'zctrl'));
  if (!state.success) return fail('controller-silent');
  const routers = state.data.routers.length;
  if (state.data.cloud?.state !== 'connected') return warn('controller-no-cloud', { routers });
  return routers === 0 ? warn('controller-no-router') : ok('controller', { routers });
}

/** Whether the router answers and is linked to the controllers of its zone. */
export async function checkRouter(runDir: string): Promise<Outcome> {
  const state = RouterDebug.safeParse(await debugState(runDir, 'mmr'));
  if (!state.success) return fail('router-silent');
  const { controllers } = state.data;
  const away = controllers.filter((controller) => controller.state !== 'connected').map(({ url }) => url);
  if (away.length === 0) return ok('router', { count: controllers.length });
  const values = { controllers: away.join(', ') };
  return away.length === controllers.length ? fail('router-alone', values) : warn('router-half', values);
}

/**
 * Whether this machine listens on the media port of the router. It cannot prove more: the router answers only those who
 * know the secret of a running transport, so that whether a browser gets through shows in a meeting.
 */
export async function checkMedia(runDir: string): Promise<Outcome> {
  const facts = (await readRunFiles(runDir)).find(({ role }) => role === 'mmr');
  const port = facts?.ports['media'];
  if (port === undefined || port === 0) return fail('router-silent');
  const tables = await Promise.all(
    ['/proc/net/udp', '/proc/net/udp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  // Each line: number, local address as hex `address:port`, and so on (proc(5)).
  const mark = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const isBound = tables.some((table) =>
    table.split('\n').some((line) => line.trim().split(/\s+/u)[1]?.endsWith(mark)),
  );
  return isBound ? ok('media', { port }) : fail('media', { port });
}

export function checkServices(services: readonly ServiceStatus[]): Outcome {
  const bad = services.filter(({ state, wanted }) => wanted === 'running' && state !== 'running');
  if (bad.length > 0)
    return fail('services', { names: bad.map(({ name, state }) => `${name} (${state})`).join(', ') });
  const stopped = services.filter(({ wanted }) => wanted === 'stopped');
  if (stopped.length > 0)
    return warn('services-stopped', { names: stopped.map(({ name }) => name).join(', ') });
  return ok('services');
}

export function checkCertificate({ current, consoleUsesIt }: ConsoleCertificates, nowMs: number): Outcome {
  if (!current) return consoleUsesIt ? fail('certificate-none') : skipped('certificate-plain');
  const days = Math.floor((current.notAfterMs - nowMs) / dayMs);
  if (days < 0) return fail('certificate-expired');
  if (days < warnCertificateDays) return warn('certificate-soon', { days });
  return current.selfSigned ? warn('certificate-self', { days }) : ok('certificate', { days });
}

export async function checkDisk(dataDir: string): Promise<Outcome> {
  const { bavail, blocks, bsize } = await statfs(dataDir);
  const freeBytes = bavail * bsize;
  const values = {
    free: (freeBytes / gib).toFixed(1),
    percent: Math.round((bavail / Math.max(1, blocks)) * 100),
  };
  if (freeBytes < gib / 2) return fail('disk', values);
  return freeBytes < 2 * gib ? warn('disk', values) : ok('disk', values);
}

async function debugState(runDir: string, name: ServiceName): Promise<unknown> {
  const facts = (await readRunFiles(runDir)).find(({ role }) => role === name);
  if (!facts) return undefined;
  try {
    const response = await fetch(`http://127.0.0.1:${facts.adminPort}/debug/state`, {
      signal: AbortSignal.timeout(answerWithinMs),
      redirect: 'error',
    });
    const state: unknown = await response.json();
    return state;
  } catch {
    return undefined;
  }
}
