import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Product } from '@guildhall/testkit';
import { LoadReport } from '../../apps/cli/src/load/types.ts';

const main = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

/** One `guildhall load-test` against a product of ours. @throws Error when it ended without a report */
export const runLoadTest = async (product: Product, args: readonly string[]): Promise<LoadReport> => {
  const child = spawn(process.execPath, [main, 'load-test', '--json', ...args], {
    env: { ...process.env, GUILDHALL_DATA: product.dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  await once(child, 'close');
  const line = out.trim().split('\n').at(-1);
  if (line === undefined || line === '') throw new Error(`load-test ${args.join(' ')} gave no report`);
  return LoadReport.parse(JSON.parse(line));
};
