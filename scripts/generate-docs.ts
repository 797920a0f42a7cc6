// Writes the generated pages of docs/ from the code, or with --check says which of them are out of date.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configPage } from './docs/config.ts';
import { decisionsPage } from './docs/decisions.ts';
import { errorsPage } from './docs/errors.ts';
import { protocolPage } from './docs/protocol.ts';

const docs = join(import.meta.dirname, '..', 'docs');
const pages = {
  'errors.md': errorsPage(),
  'protocol.md': protocolPage(),
  'config.md': configPage(),
  'adr/README.md': decisionsPage(join(docs, 'adr')),
};
const check = process.argv.includes('--check');

let stale = 0;
for (const [name, text] of Object.entries(pages)) {
  const file = join(docs, name);
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before === text) continue;
  stale += 1;
  if (check) console.error(`docs/${name} is out of date: run "npm run docs".`);
  else {
    await writeFile(file, text);
    console.log(`wrote docs/${name}`);
  }
}
if (check && stale > 0) process.exitCode = 1;
