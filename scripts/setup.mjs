// `npm run setup`: only the set-up step, with everything that the tests need if asked by --tests.

import { Report, runMain } from './lib/report.mjs';
import { setUp } from './lib/set-up.mjs';

const report = new Report({ name: 'setup' });
await runMain(report, async () => {
  const { node, worker } = await setUp(report, { forTests: process.argv.includes('--tests') });
  console.log(`Ready. Node: ${node}\nMedia worker: ${worker}`);
});
