#!/usr/bin/env node
// Runs the command under the project's own Node, whatever Node the machine has: type stripping needs >= 22.18.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const pinned = `${root}/node_modules/.bin/node`;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const able = major > 22 || (major === 22 && minor >= 18);

if (!able && !existsSync(pinned)) {
  process.stderr.write(
    'guildhall: needs Node 22.18 or newer. Run "npm run setup" in the project first; it brings its own.\n',
  );
  process.exit(1);
}

const child = spawn(existsSync(pinned) ? pinned : process.execPath, [main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
const forward = (signal) => child.kill(signal);
process.on('SIGTERM', forward);
// On a terminal Ctrl-C reaches the child by itself; a signal sent to this process alone must still be passed on.
process.on('SIGINT', forward);
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
