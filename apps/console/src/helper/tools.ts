import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { NetworkStep } from '@guildhall/domain';
import { Refused } from './refused.ts';

const tookMs = 30_000;
const firstOf = (paths: readonly string[]): string | undefined => paths.find((path) => existsSync(path));

/** Fixed places, so that no PATH decides what runs with rights over the network. */
const ipPath = firstOf(['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip']);
const dhclient = firstOf(['/usr/sbin/dhclient', '/sbin/dhclient']);
const udhcpc = firstOf(['/usr/sbin/udhcpc', '/sbin/udhcpc', '/usr/bin/udhcpc']);

export const hasDhcpClient = dhclient !== undefined || udhcpc !== undefined;

/** CAP_NET_ADMIN: bit 12 of the effective capabilities (capabilities(7)). */
function mayAdministerNetwork(): boolean {
  const line = /^CapEff:\s*([0-9a-f]+)$/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${line}`) & (1n << 12n)) !== 0n;
}

/** Why this process cannot change the network, null when it can. */
export function cannotChange(): 'no-ip-tool' | 'no-permission' | null {
  if (ipPath === undefined) return 'no-ip-tool';
  return mayAdministerNetwork() ? null : 'no-permission';
}

/** Answers what the tool printed. @throws Refused `failed` with what the tool said */
export function runIp(args: readonly string[]): string {
  if (ipPath === undefined) throw new Refused('not-permitted', 'The tool ip (iproute2) is not installed.');
  return run(ipPath, args);
}

/** @throws Refused `failed`, `no-dhcp-client` */
export function runStep({ tool, args }: Extract<NetworkStep, { kind: 'run' }>): void {
  if (tool === 'ip') {
    runIp(args);
    return;
  }
  const [name = ''] = args;
  if (dhclient !== undefined) run(dhclient, tool === 'dhcp-start' ? ['-4', '-1', name] : ['-4', '-x', name]);
  // -q: it ends with the lease taken, so there is nothing to stop later.
  else if (udhcpc !== undefined) {
    if (tool === 'dhcp-start') run(udhcpc, ['-n', '-q', '-i', name]);
  } else if (tool === 'dhcp-start') throw noDhcpClient();
}

export const noDhcpClient = (): Refused =>
  new Refused(
    'no-dhcp-client',
    'This server has no DHCP client (dhclient or udhcpc). Choose a static address, or install one.',
  );

function run(path: string, args: readonly string[]): string {
  try {
    return execFileSync(path, [...args], {
      encoding: 'utf8',
      timeout: tookMs,
      maxBuffer: 4 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Refused('failed', `${path} ${args.join(' ')} failed: ${said.slice(0, 300)}`);
  }
}
