// The way to the cloud, apart from the rest of the kit: a router never dials the cloud, and its start must be quick.
export { proxyConfig, proxyOf } from './config.ts';
export { Outbound } from './outbound.ts';
export type { ProxySettings } from './outbound.ts';
