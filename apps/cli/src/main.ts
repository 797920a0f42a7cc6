import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { productVersion } from '@guildhall/protocol';
import { Command } from 'commander';
import { runningProcesses, statusLines } from './status.ts';
import { readyLines } from './up/print.ts';
import { UsageError } from './up/settings.ts';
import { up } from './up/up.ts';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const fail = (error: unknown): void => {
  const known = error instanceof UsageError;
  process.stderr.write(
    `guildhall: ${known ? error.message : String(error instanceof Error ? (error.stack ?? error.message) : error)}\n`,
  );
  process.exitCode = 1;
};

interface UpFlags {
  readonly json?: boolean;
  readonly host?: string;
  readonly routers?: string;
  readonly controllers?: string;
}

const runUp = async (options: UpFlags): Promise<void> => {
  // Before anything is started: a Ctrl-C while starting must stop what is already there.
  const stopAsked = new Promise<void>((wake) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => wake());
  });
  const step = (text: string): void => {
    process.stderr.write(`  · ${text}\n`);
  };
  const starting = up({
    env: process.env,
    cwd: process.cwd(),
    projectRoot,
    step,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.routers === undefined ? {} : { routers: options.routers }),
    ...(options.controllers === undefined ? {} : { controllers: options.controllers }),
  });
  const first = await Promise.race([starting, stopAsked]);
  if (first === undefined) {
    // Stopped while starting: what `up` has begun it ends itself once it can.
    await starting.then((running) => running.stop()).catch(() => undefined);
    return;
  }
  if (options.json === true) say(JSON.stringify(first.ready));
  else for (const line of readyLines(first.ready)) say(line);
  await stopAsked;
  step('Stopping');
  await first.stop();
};

const program = new Command('guildhall')
  .description('Guildhall: an open, self-hosted meeting connector')
  .version(productVersion);

program
  .command('up')
  .description('start everything on this machine, ready to meet (evaluation mode)')
  .option('--json', 'print one JSON line with the same facts when ready')
  .option('--host <name>', 'serve other devices too, over TLS, under this name or address')
  .option('--routers <number>', 'multimedia routers, each on a VM of its own with a console (default 1)')
  .option('--controllers <number>', 'zone controllers, 1 or 2 (default 1)')
  .action(runUp);

program
  .command('status')
  .description('list the running processes')
  .option('--json', 'print JSON')
  .action(async (options: { json?: boolean }) => {
    const processes = await runningProcesses(
      resolve(process.env['GUILDHALL_DATA'] ?? resolve(projectRoot, 'data')),
    );
    if (options.json === true) say(JSON.stringify({ processes }));
    else for (const line of statusLines(processes, Date.now())) say(line);
    if (processes.length === 0) process.exitCode = 3;
  });

try {
  await program.parseAsync();
} catch (error) {
  fail(error);
}
process.exit();
