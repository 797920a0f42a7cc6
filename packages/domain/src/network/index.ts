export * from './configure.ts';
export * from './form.ts';
export { formatIpv4, parseHostIpv4, parseIpv4, parseMask, subnetOf } from './ipv4.ts';
export type { Checked } from './ipv4.ts';
export { parseHostName, parseProxy, parseServer } from './names.ts';
export * from './plan.ts';
export * from './rules.ts';
export * from './settings.ts';
