import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where what outlives a checkout is kept, shared by all checkouts of a user: `GUILDHALL_CACHE`, else `guildhall` under
 * `XDG_CACHE_HOME` or `~/.cache`. The scripts of the set-up have the same rule.
 */
export const cacheDirOf = (env: Readonly<Record<string, string | undefined>>): string => {
  const given = env['GUILDHALL_CACHE'];
  // Set to nothing is not set.
  return given ? resolve(given) : join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'guildhall');
};
