import type { NetworkForm } from './index.ts';

/** Settings nothing is wrong with. */
export const good: NetworkForm = {
  mode: 'two-addresses',
  method: 'static',
  address: '10.20.0.5',
  mask: '255.255.255.0',
  gateway: '10.20.0.1',
  aliasAddress: '10.20.0.6',
  aliasMask: '24',
  dns: ['10.20.0.2'],
  hostName: 'Connector-1.example.org',
  ntp: ['ntp.example.org', '10.20.0.3'],
  proxy: '',
  zctrlPort: 443,
  mmrPort: 443,
  mediaPort: 8801,
  external: [],
};
