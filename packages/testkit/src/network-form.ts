import type { NetworkForm } from '@guildhall/domain';

/** What a console's Network page holds when nothing is wrong with it. */
export const networkForm: NetworkForm = {
  mode: 'two-addresses',
  method: 'static',
  address: '10.20.0.5',
  mask: '255.255.255.0',
  gateway: '10.20.0.1',
  aliasAddress: '10.20.0.6',
  aliasMask: '24',
  dns: ['10.20.0.2'],
  hostName: 'hall',
  ntp: [],
  proxy: '',
  zctrlPort: 443,
  mmrPort: 443,
  mediaPort: 8801,
  external: [],
};
