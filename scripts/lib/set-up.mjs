// The one set-up step that `npm start`, `npm test` and `npm run bench` share. Idempotent; safe when two run
// at once; a second run takes a fraction of a second.

import { withLock } from './lock.mjs';
import { ensurePackages, environmentFor, findNode } from './install.mjs';
import { ensurePages } from './pages.mjs';
import { root, sha256 } from './paths.mjs';
import { ensureTestPackages } from './test-needs.mjs';
import { ensureWorker } from './worker.mjs';

/**
 * @typedef {object} Ready
 * @property {string} node path of the Node that runs everything else
 * @property {string} worker path of a media worker that works here
 * @property {NodeJS.ProcessEnv} env environment for the processes to start
 */

/**
 * Makes this checkout ready to run.
 * @param {import('./report.mjs').Report} report
 * @param {{ forTests?: boolean, pages?: boolean }} [needs] `forTests` adds Chromium and PostgreSQL;
 *   `pages` false leaves the pages as they are
 * @returns {Promise<Ready>}
 * @throws {import('./report.mjs').SetUpError} with one sentence: what is missing, and how to get it
 */
export async function setUp(report, { forTests = false, pages = true } = {}) {
  const steps = 2 + (pages ? 1 : 0) + (forTests ? 1 : 0);
  let number = 0;
  const label = () => `[${++number}/${steps}]`;
  /** @type {import('./report.mjs').Step | undefined} */
  let wait;
  const onWait = (/** @type {string} */ text) => {
    if (wait) wait.update(text);
    else wait = report.step('[0]', text);
  };
  // Two set-ups of one checkout must not both write node_modules or dist.
  const lock = `checkout-${sha256(root).slice(0, 16)}`;
  return withLock(lock, 'setting up this checkout', onWait, async (setDoing) => {
    wait?.done('the other set-up has finished');
    report.onStatus = setDoing;
    try {
      await ensurePackages(report, label());
      const node = findNode(report);
      const worker = await ensureWorker(report, label(), node);
      if (forTests) await ensureTestPackages(report, label());
      if (pages) await ensurePages(report, label(), node);
      return { node, worker, env: { ...environmentFor(node), MEDIASOUP_WORKER_BIN: worker } };
    } finally {
      report.onStatus = () => {};
    }
  });
}
