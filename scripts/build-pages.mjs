// `npm run build`: the web pages (set-up first, since building them needs the npm packages).

import { Report, runMain } from './lib/report.mjs';
import { setUp } from './lib/set-up.mjs';

const report = new Report({ name: 'pages' });
await runMain(report, async () => {
  await setUp(report);
  console.log('The pages are up to date.');
});
