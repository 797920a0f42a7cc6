import type { ForwardedService, NetworkSettings } from '@guildhall/domain';
import type { ProxySettings } from '@guildhall/kit/outbound';
import type { ServiceName } from '@guildhall/protocol';

/** The addresses of this server that are in force, and the settings they come from. */
export interface NetworkInForce {
  readonly settings: NetworkSettings;
  /** Of eth0; undefined while DHCP has given none. */
  readonly primary: string | undefined;
  /** Of eth0:0. */
  readonly alias: string | undefined;
}

/** Where the zone's controllers are, as Configure says. */
interface Controllers {
  readonly zcAddress: string;
  readonly otherZcAddress: string;
}

const originOf = (scheme: 'https' | 'wss' | 'ws', address: string, port: number): string =>
  port === 443 && scheme !== 'ws' ? `${scheme}://${address}` : `${scheme}://${address}:${port}`;

/**
 * Where a service listens and what it tells browsers: the inside address first, then those outside a NAT. Nothing while the
 * address is not known: then the service's own defaults hold, which are loopback.
 */
export function networkEnvironment(
  name: ServiceName,
  inForce: NetworkInForce | undefined,
): Record<string, string> {
  if (inForce?.primary === undefined) return {};
  const { settings, primary, alias } = inForce;
  const { ports, external } = settings;
  const outside = (service: ForwardedService) => external.filter((one) => one.service === service);
  if (name === 'zctrl') {
    const places = [{ address: primary, port: ports.zctrl }, ...outside('zctrl')];
    return {
      GUILDHALL_ZCTRL_HOST: primary,
      GUILDHALL_ZCTRL_PORT: String(ports.zctrl),
      GUILDHALL_ZCTRL_PUBLIC_URLS: places.map((one) => originOf('https', one.address, one.port)).join(','),
    };
  }
  const inside = alias ?? primary;
  const places = [{ address: inside, port: ports.mmr }, ...outside('mmr')];
  return {
    GUILDHALL_MMR_HOST: inside,
    GUILDHALL_MMR_PORT: String(ports.mmr),
    GUILDHALL_MMR_SIGNALLING_URLS: places
      .map((one) => `${originOf('wss', one.address, one.port)}/v1/meeting`)
      .join(','),
    GUILDHALL_MMR_MEDIA_LISTEN_IP: inside,
    GUILDHALL_MEDIA_PORT: String(ports.media),
    GUILDHALL_MMR_ICE_TCP_PORT: String(ports.media),
    GUILDHALL_MMR_MEDIA_ANNOUNCED: [inside, ...outside('media').map((one) => one.address)].join(','),
  };
}

/**
 * Which controllers the router of this VM dials: the zone's, and the other of the pair; and whom the controller does.
 * @param known what it dials unless Configure names another; kept where everything runs on one machine
 */
export function controllerEnvironment(
  name: ServiceName,
  choice: Controllers | undefined,
  { known, port, isSecure }: { readonly known: string; readonly port: number; readonly isSecure: boolean },
): Record<string, string> {
  if (choice === undefined) return {};
  const linkTo = (address: string, path: 'router' | 'pair'): string =>
    `${originOf(isSecure ? 'wss' : 'ws', address, port)}/v1/${path}`;
  const { zcAddress, otherZcAddress } = choice;
  if (name === 'zctrl') {
    // Without it the controller finds the other one by what the cloud knows.
    return otherZcAddress === '' ? {} : { GUILDHALL_ZCTRL_PEERS: linkTo(otherZcAddress, 'pair') };
  }
  const first = zcAddress.startsWith('127.') ? known : linkTo(zcAddress, 'router');
  const links = otherZcAddress === '' ? [first] : [first, linkTo(otherZcAddress, 'router')];
  return { GUILDHALL_MMR_CONTROLLERS: links.join(',') };
}

/**
 * The HTTP proxy on the way to the cloud: the one of the network settings, else the configured one. The addresses of this
 * zone's servers, inside and outside ones, are never reached through it.
 */
export function proxyInForce(
  inForce: NetworkInForce | undefined,
  configured: Omit<ProxySettings, 'url'> & { readonly url: string | undefined },
): ProxySettings | undefined {
  const url = inForce?.settings.proxy ?? configured.url;
  if (url === undefined) return undefined;
  const { primary, alias, settings } = inForce ?? {};
  const own = [primary, alias, ...(settings?.external ?? []).map((one) => one.address)];
  const bypass = new Set([...configured.bypass, ...own.filter((one) => one !== undefined)]);
  return { url, credentials: configured.credentials, bypass: [...bypass] };
}

/** Only the zone controller dials the cloud; a router never has a proxy, for it dials controllers alone. */
export function proxyEnvironment(
  name: ServiceName,
  proxy: ProxySettings | undefined,
): Record<string, string> {
  if (name !== 'zctrl' || proxy === undefined) return {};
  const { url, credentials, bypass } = proxy;
  return {
    GUILDHALL_ZCTRL_PROXY: url,
    GUILDHALL_ZCTRL_NO_PROXY: bypass.join(','),
    ...(credentials !== undefined && { GUILDHALL_ZCTRL_PROXY_CREDENTIALS: credentials }),
  };
}
