/**
 * The network helper: the only program of a connector that changes addresses, and all it can do. It is asked by words with
 * fixed places (`options.ts`), checks the settings itself, runs `ip` and the DHCP client with arguments of its own making
 * and no shell, and prints one line of JSON. Console and helper trust each other with nothing but that.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { networkSentence } from '@guildhall/domain';
import { Changes } from './change.ts';
import { readText } from './files.ts';
import { Journal } from './journal.ts';
import { withLock } from './lock.ts';
import { filesBelow, linkOf, seenInterfaces, seenRoutes } from './look.ts';
import { readOptions, type HelperOptions } from './options.ts';
import { Refused } from './refused.ts';
import { cannotChange, hasDhcpClient } from './tools.ts';

/** How soon the watcher notices that it is not needed any more. */
const lookEveryMs = 1_000;

async function run(options: HelperOptions): Promise<unknown> {
  const journal = new Journal(options.stateDir);
  const bootId = (readText(options.bootIdFile) ?? '').trim();
  const changes = new Changes({ options, journal, bootId });
  const locked = <T>(act: () => T): Promise<T> => withLock(options.stateDir, bootId, act);
  const subject = options.subject ?? '';
  if (options.verb !== 'status') refuseUnpermitted();
  switch (options.verb) {
    case 'status':
      return statusOf(options, journal);
    case 'apply': {
      const change = await locked(() => changes.apply(subject, ({ id }) => watch(options, id)));
      return { pending: { id: change.id, deadlineMs: change.deadlineMs } };
    }
    case 'confirm':
      await locked(() => changes.confirm(subject));
      return {};
    case 'rollback':
      await locked(() => changes.rollback(subject));
      return {};
    case 'recover': {
      await locked(() => changes.recover());
      const change = journal.pending;
      if (change) watch(options, change.id);
      return {};
    }
    case 'watch':
      await takeBackInTime(journal, subject, () => locked(() => changes.rollback(subject)));
      return {};
  }
}

function refuseUnpermitted(): void {
  const reason = cannotChange();
  if (reason === 'no-ip-tool') throw new Refused('not-permitted', 'The tool ip (iproute2) is not installed.');
  if (reason === 'no-permission')
    throw new Refused('not-permitted', 'This process may not change the network (CAP_NET_ADMIN is missing).');
}

function statusOf({ interfaceName, root }: HelperOptions, journal: Journal): unknown {
  const cannot = cannotChange();
  const hasTool = cannot !== 'no-ip-tool';
  const pending = journal.pending;
  const confirmed = journal.confirmed;
  const link = hasTool ? linkOf(interfaceName, confirmed?.form.method === 'dhcp') : undefined;
  return {
    cannot: cannot ?? (link ? null : 'no-interface'),
    hasDhcpClient,
    interfaces: hasTool ? seenInterfaces() : [],
    routes: hasTool ? seenRoutes() : [],
    link: link ?? null,
    files: filesBelow(root),
    confirmed: confirmed ?? null,
    pending: pending ? { id: pending.id, deadlineMs: pending.deadlineMs, form: pending.form } : null,
  };
}

/** Outlives us and the console: whoever cannot be reached any more under the new address gets the old one back. */
function watch({ stateDir, root, interfaceName, bootIdFile }: HelperOptions, id: string): void {
  const words = [
    '--state',
    stateDir,
    '--root',
    root,
    '--interface',
    interfaceName,
    '--boot-id-file',
    bootIdFile,
  ];
  spawn(process.execPath, [import.meta.filename, 'watch', ...words, id], {
    detached: true,
    stdio: 'ignore',
    env: {},
    cwd: '/',
  }).unref();
}

async function takeBackInTime(journal: Journal, id: string, rollback: () => Promise<void>): Promise<void> {
  for (;;) {
    const change = journal.pending;
    if (change?.id !== id) return;
    const leftMs = change.deadlineMs - Date.now();
    if (leftMs <= 0) break;
    await sleep(Math.min(leftMs, lookEveryMs));
  }
  await rollback();
}

try {
  const answer = await run(readOptions(process.argv.slice(2)));
  process.stdout.write(`${JSON.stringify({ ok: true, answer })}\n`);
} catch (error) {
  const known = error instanceof Refused;
  const { code, message, refusals } = known
    ? error
    : { code: 'failed', message: error instanceof Error ? error.message : 'unknown', refusals: [] };
  const named = refusals.map((refusal) => ({ ...refusal, sentence: networkSentence(refusal) }));
  process.stdout.write(`${JSON.stringify({ ok: false, code, message, refusals: named })}\n`);
  process.exitCode = 1;
}
