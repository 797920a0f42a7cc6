import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { productVersion } from '@guildhall/protocol';
import { Command } from 'commander';
import { CannotDrain, drain, readDeadline } from './drain.ts';
import { loadTest } from './load-test/command.ts';
import { BadArguments, readLoadFlags, type LoadFlags } from './load-test/options.ts';
import { runningProcesses, statusLines } from './status.ts';
import { loadFacts } from './up/facts.ts';
import { readyLines } from './up/print.ts';
import { UsageError } from './up/settings.ts';
import { up } from './up/up.ts';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const fail = (error: unknown): void => {
  const known = error instanceof UsageError || error instanceof BadArguments || error instanceof CannotDrain;
  process.stderr.write(
    `guildhall: ${known ? error.message : String(error instanceof Error ? (error.stack ?? error.message) : error)}\n`,
  );
  process.exitCode = error instanceof BadArguments ? 2 : 1;
};

const dataDir = (): string => resolve(process.env['GUILDHALL_DATA'] ?? resolve(projectRoot, 'data'));

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

/** What `up` starts, each by itself in the foreground: for containers, and to look at one closely. */
const processes = {
  cloud: 'the cloud: portal, API, notifications, cloud controller',
  zctrl: 'a zone controller',
  mmr: 'a multimedia router',
  console: 'the admin console of a connector VM',
} as const;

const definedOnly = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

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

for (const [role, what] of Object.entries(processes)) {
  program
    .command(role)
    .description(`run ${what}; its settings come from the environment and its file (docs/config.md)`)
    .action(() => {
      const main = resolve(projectRoot, 'apps', role, 'src', 'main.ts');
      // In our place: its signals, its exit code and its process id are those of the command.
      process.execve?.(process.execPath, [process.execPath, main], definedOnly(process.env));
    });
}

program
  .command('status')
  .description('list the running processes')
  .option('--json', 'print JSON')
  .action(async (options: { json?: boolean }) => {
    const processes = await runningProcesses(dataDir());
    if (options.json === true) say(JSON.stringify({ processes }));
    else for (const line of statusLines(processes, Date.now())) say(line);
    if (processes.length === 0) process.exitCode = 3;
  });

program
  .command('drain')
  .description('move the meetings of a router on this machine to the other routers, and give it no new ones')
  .argument('[router]', 'its id or the number of its VM; not needed when only one runs here')
  .option('--cancel', 'let it take meetings again')
  .option('--deadline <time>', 'how long to wait for it to be empty: 90s, 5m, 2h or none', '5m')
  .option('--end', 'at the deadline, end the meetings that no other router has room for')
  .option('--json', 'print the outcome as one line of JSON')
  .action(
    async (
      router: string | undefined,
      flags: { cancel?: boolean; deadline: string; end?: boolean; json?: boolean },
    ) => {
      process.exitCode = await drain({
        dataDir: dataDir(),
        router,
        cancel: flags.cancel === true,
        deadlineMs: readDeadline(flags.deadline),
        end: flags.end === true,
        json: flags.json === true,
        say,
      });
    },
  );

interface LoadTestFlags extends LoadFlags {
  readonly portal?: string;
  readonly email?: string;
  readonly yesIMay?: boolean;
}

program
  .command('load-test')
  .description('fill meetings with bots that send and receive real media, and report what they got')
  .option('--meetings <count>', 'meetings', '1')
  .option('--participants <count>', 'participants in each meeting', '10')
  .option('--publishers <count>', 'of them: who talk and send pictures (default: 2)')
  .option('--cameras <count>', 'of the publishers: who send pictures (default: all)')
  .option('--seconds <seconds>', 'measured time', '20')
  .option('--warm-up <seconds>', 'between the last join and the measured time', '3')
  .option('--join-rate <count>', 'joins a second', '20')
  .option('--video-kbps <kbps>', 'bitrate of the best picture', '1700')
  .option('--tiles <count>', 'pictures each wants to see', '9')
  .option('--tile-size <size>', 'their size in pixels', '1280x720')
  .option('--no-simulcast', 'one encoding of each picture instead of three')
  .option('--no-mics', 'who does not publish has no microphone instead of a muted one')
  .option('--talk-always', 'voice without pauses instead of talk spurts')
  .option('--pin', 'keep the local servers off the CPU of the bots')
  .option('--json', 'the last line is the report as JSON')
  .option('--portal <url>', 'another portal than the one that runs here')
  .option('--email <email>', 'its owner; the password is taken from GUILDHALL_OWNER_PASSWORD')
  .option('--yes-i-may', 'load a service outside of this machine and its private network')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (flags: LoadTestFlags) => {
    const facts = await loadFacts(dataDir());
    const email = flags.email === undefined ? {} : { GUILDHALL_OWNER_EMAIL: flags.email };
    process.exitCode = await loadTest({
      numbers: readLoadFlags(flags),
      portal: flags.portal,
      isAllowedAnywhere: flags.yesIMay === true,
      dataDir: dataDir(),
      owner: facts && { email: facts.ownerEmail, password: facts.ownerPassword },
      authorityFile: resolve(dataDir(), 'authority', 'authority.crt'),
      env: { ...process.env, ...email },
      program: fileURLToPath(new URL('load/main.ts', import.meta.url)),
    });
  });

try {
  await program.parseAsync();
} catch (error) {
  fail(error);
}
process.exit();
