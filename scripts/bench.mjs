// `npm run bench -- <name> [arguments]`: set-up, then bench/<name>.ts on the pinned Node.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { supervise } from './lib/child.mjs';
import { root } from './lib/paths.mjs';
import { Report, SetUpError, runMain } from './lib/report.mjs';
import { setUp } from './lib/set-up.mjs';

const report = new Report({ name: 'bench' });
await runMain(report, async () => {
  const [name = '', ...args] = process.argv.slice(2);
  const file = join(root, 'bench', `${name}.ts`);
  if (!/^[\w-]+$/.test(name) || !existsSync(file)) {
    const known = readdirSync(join(root, 'bench')).flatMap(
      (entry) => /^([\w-]+)\.ts$/.exec(entry)?.[1] ?? [],
    );
    throw new SetUpError(
      `There is no benchmark "${name}": npm run bench -- <name>, where the name is one of ${known.join(', ') || '(none yet)'}.`,
    );
  }
  const { node, env } = await setUp(report);
  await supervise(node, [file, ...args], { cwd: root, env });
});
