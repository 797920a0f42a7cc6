import type { NetworkForm } from '@guildhall/domain';
import type { HelperStatus } from './helper.ts';

/** What the form begins with on a machine whose network was never changed here: what is in force. */
export function seenForm(
  { link, files }: HelperStatus,
  interfaceName: string,
  hostName: string,
): NetworkForm {
  const first = link?.addresses.find((one) => one.label === interfaceName);
  const second = link?.addresses.find((one) => one.label === `${interfaceName}:0`);
  const isDhcp = link?.dhcp ?? false;
  return {
    mode: 'two-addresses',
    method: isDhcp ? 'dhcp' : 'static',
    address: isDhcp ? '' : (first?.address ?? ''),
    mask: isDhcp ? '' : String(first?.prefixLength ?? ''),
    gateway: isDhcp ? '' : (link?.gateway ?? ''),
    aliasAddress: second?.address ?? '',
    aliasMask: String(second?.prefixLength ?? ''),
    dns: isDhcp ? [] : nameServers(files['etc/resolv.conf']).slice(0, 3),
    hostName: files['etc/hostname']?.trim() || hostName,
    ntp: [],
    proxy: '',
    zctrlPort: 443,
    mmrPort: 443,
    mediaPort: 8801,
    external: [],
  };
}

export const nameServers = (resolvConf: string | null): string[] =>
  [...(resolvConf ?? '').matchAll(/^nameserver[ \t]+(\S{1,60})[ \t]*$/gmu)].map((match) => match[1] ?? '');
