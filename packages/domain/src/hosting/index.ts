export { formatAddress, parseAddress, type Address } from './address.ts';
export * from './setting.ts';
export * from './subnet.ts';
export * from './version.ts';
export * from './zone.ts';
