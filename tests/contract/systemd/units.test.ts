import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { udpBuffers } from '../../../apps/mmr/src/engine/mediasoup/candidates.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const units = join(root, 'deploy', 'systemd');
const names = readdirSync(units).filter((name) => name.endsWith('.service'));
const hasSystemd = spawnSync('systemd-analyze', ['--recursive-errors=no', '--version']).status === 0;
const directory = mkdtempSync(join(tmpdir(), 'units-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** As installed, but from this folder: systemd looks whether the programs are there. */
const here = (name: string): string =>
  readFileSync(join(units, name), 'utf8').replaceAll('/opt/guildhall/current', root);

describe('the systemd units', () => {
  test.each(names)('%s starts programs that are there', (name) => {
    const command = /^Exec(?:Start|Stop)=(.+)$/mu.exec(here(name))?.[1]?.split(' ') ?? [];
    expect(command.length).toBeGreaterThan(1);
    for (const path of command.slice(0, 2)) expect(existsSync(path), path).toBe(true);
  });

  test.runIf(hasSystemd)('are understood by systemd, every line', () => {
    for (const name of names) writeFileSync(join(directory, name), here(name));
    const paths = names.map((name) => join(directory, name));
    const words = ['verify', '--man=no', '--recursive-errors=no', ...paths];
    // A line it does not know is only a warning and no failure.
    const { status, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

test('the settings of the kernel give media sockets the room that the router asks for', () => {
  const text = readFileSync(join(root, 'deploy', 'sysctl', '60-guildhall.conf'), 'utf8');
  const value = (key: string): number =>
    Number(new RegExp(`^net\\.core\\.${key} = (\\d+)$`, 'mu').exec(text)?.[1]);
  expect(value('rmem_max')).toBeGreaterThanOrEqual(udpBuffers.recvBufferSize);
  expect(value('wmem_max')).toBeGreaterThanOrEqual(udpBuffers.sendBufferSize);
});
