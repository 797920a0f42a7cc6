import { parseArgs } from 'node:util';
import { processBirth, readRunFile, sleepWith, systemClock } from '@guildhall/kit';
import { serviceNames } from '@guildhall/protocol';

/**
 * Ends the services that a console left running, in order: `node end-services/main.ts --run-dir <dir>`. For whoever
 * ends the whole machine or takes the product off it (systemd: guildhall-services.service); the console does not, for
 * it may be restarted while people meet.
 */
const graceMs = 4_300;
const lookEveryMs = 50;

async function end(runDir: string, role: string): Promise<void> {
  const facts = readRunFile(runDir, role);
  // Without a birth nobody can say that the process of this id is still this one.
  if (facts?.birth === undefined) return;
  const isThere = (): boolean => processBirth(facts.pid) === facts.birth;
  const byMs = systemClock.monotonicMs() + graceMs;
  process.kill(facts.pid, 'SIGTERM');
  while (isThere() && systemClock.monotonicMs() < byMs) await sleepWith(systemClock, lookEveryMs);
  if (isThere()) process.kill(facts.pid, 'SIGKILL');
  process.stdout.write(`${role} has ended\n`);
}

const { values } = parseArgs({ options: { 'run-dir': { type: 'string', default: './data/run' } } });
await Promise.all(serviceNames.map((name) => end(values['run-dir'], name)));
