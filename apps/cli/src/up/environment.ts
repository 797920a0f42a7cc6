import { join } from 'node:path';
import type { ChildSpec } from './children.ts';
import type { Facts } from './facts.ts';
import type { Settings } from './settings.ts';
import type { TlsFiles } from './tls.ts';

/** What of our own environment a child may see; everything else it gets is named here. */
const inherited = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'MEDIASOUP_WORKER_BIN',
  'GUILDHALL_DATABASE_URL',
] as const;

const pick = (env: NodeJS.ProcessEnv): Record<string, string> => {
  const picked: Record<string, string> = {};
  for (const name of inherited) {
    const value = env[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
};
