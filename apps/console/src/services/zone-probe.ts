import { readControlSecret, readRunFile, readRunFiles } from '@guildhall/kit';
import { EpochMs, VersionText, type ServiceName } from '@guildhall/protocol';
import { z } from 'zod';
import type { ZoneState } from '../types.ts';
import type { RunningProcess } from './service.ts';

const answerWithinMs = 500;

const Counts = z.object({ meetings: z.int().min(0), participants: z.int().min(0) });

/** Only the parts of a process's own account of itself that the console shows. A router has its counts in its load. */
const State: z.ZodType<ZoneState> = z
  .object({
    meetings: z.int().min(0).catch(0),
    participants: z.int().min(0).catch(0),
    load: Counts.optional().catch(undefined),
    draining: z.boolean().catch(false),
    routers: z
      .array(z.object({ nodeId: z.string(), state: z.string() }))
      .optional()
      .catch(undefined),
    cloud: z
      .object({ state: z.enum(['connected', 'connecting']), sinceMs: z.number() })
      .optional()
      .catch(undefined),
    pair: z
      .object({ state: z.enum(['single', 'connected', 'alone']), sinceMs: z.number() })
      .optional()
      .catch(undefined),
    policy: z
      .object({ minimumVersion: z.object({ version: VersionText, fromMs: EpochMs }) })
      .optional()
      .catch(undefined),
    controllers: z
      .array(z.object({ failure: z.string().optional() }))
      .optional()
      .catch(undefined),
  })
  .transform(({ load, policy, controllers = [], ...state }) => ({
    ...state,
    ...load,
    minimum: policy?.minimumVersion,
    isStranger: controllers.length > 0 && controllers.every(({ failure }) => failure === 'node.unknown'),
  }));

export interface Probe {
  /** Whether the process of this id says that it listens. */
  isReady(name: ServiceName, pid: number): Promise<boolean>;
  /** What the service tells of itself on its admin port; undefined when it does not answer. */
  stateOf(name: ServiceName, pid: number): Promise<ZoneState | undefined>;
  /** Tells the router of this id whether to take no more meetings; lost when it does not answer. */
  drain(pid: number, drain: boolean): Promise<void>;
  /** The process that left the run file of this service, when it still runs. */
  findRunning(name: ServiceName): RunningProcess | undefined;
}

/** Asks the processes of this machine about themselves, found by their run files. */
export function createProbe(runDir: string): Probe {
  const factsOf = async (name: ServiceName, pid: number) => {
    const all = await readRunFiles(runDir);
    return all.find((facts) => facts.role === name && facts.pid === pid);
  };
  return {
    async isReady(name, pid) {
      return (await factsOf(name, pid)) !== undefined;
    },
    async stateOf(name, pid) {
      const facts = await factsOf(name, pid);
      if (!facts) return undefined;
      try {
        const response = await fetch(`http://127.0.0.1:${facts.adminPort}/debug/state`, {
          signal: AbortSignal.timeout(answerWithinMs),
          redirect: 'error',
        });
        return State.safeParse(await response.json()).data;
      } catch {
        // It is just starting, ending or busy; the next look tells.
        return undefined;
      }
    },
    findRunning(name) {
      const facts = readRunFile(runDir, name);
      if (facts?.birth === undefined) return undefined;
      return { pid: facts.pid, birth: facts.birth, startedAtMs: facts.startedAt };
    },
    async drain(pid, drain) {
      const facts = await factsOf('mmr', pid);
      const secret = await readControlSecret(runDir, 'mmr');
      if (!facts || secret === undefined) return;
      try {
        await fetch(`http://127.0.0.1:${facts.adminPort}/control/drain`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
          body: JSON.stringify({ drain }),
          signal: AbortSignal.timeout(answerWithinMs),
          redirect: 'error',
        });
      } catch {
        // What it says of itself tells whether it heard it; it is told again then.
      }
    },
  };
}
