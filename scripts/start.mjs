// `npm start`: set-up, then `guildhall up` on the pinned Node with the arguments given.

import { join } from 'node:path';
import { supervise } from './lib/child.mjs';
import { root } from './lib/paths.mjs';
import { Report, runMain } from './lib/report.mjs';
import { setUp } from './lib/set-up.mjs';

const report = new Report({ name: 'start' });
await runMain(report, async () => {
  const { node, env } = await setUp(report);
  const main = join(root, 'apps', 'cli', 'src', 'main.ts');
  await supervise(node, [main, 'up', ...process.argv.slice(2)], { cwd: root, env });
});
