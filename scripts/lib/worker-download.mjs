// The media worker as the mediasoup project's own release has it: quick, where the release page can be reached.

import { createWriteStream } from 'node:fs';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, existsSync } from 'node:fs';
import { get } from 'node:https';
import { release } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFolder, root } from './paths.mjs';
import { onEarlyEnd, run } from './run.mjs';

const CONNECT_TIMEOUT_MS = 5_000;
const OVERALL_TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 5;

/**
 * Where the package's own post-install script would download from: built from the package's metadata only.
 * @param {{ version: string, repository: { url: string } }} manifest
 */
export function prebuiltUrl(manifest) {
  const base =
    process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ||
    `${manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '')}/releases/download`;
  const kernel = process.platform === 'linux' ? `-kernel${release().split('.')[0]}` : '';
  const name = `mediasoup-worker-${manifest.version}-${process.platform}-${process.arch}${kernel}.tgz`;
  return `${base}/${manifest.version}/${name}`;
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @param {number} [redirects]
 * @returns {Promise<import('node:http').IncomingMessage>} an answer with status 200
 */
function open(url, signal, redirects = 0) {
  return new Promise((resolve, reject) => {
    // node:https and not fetch: only here the time to connect can be limited on its own.
    const request = get(url, { signal, headers: { 'user-agent': 'guildhall-setup' } }, (response) => {
      const status = response.statusCode ?? 0;
      const { location } = response.headers;
      if (status >= 300 && status < 400 && location && redirects < MAX_REDIRECTS) {
        response.resume();
        resolve(open(new URL(location, url).href, signal, redirects + 1));
      } else if (status === 200) {
        resolve(response);
      } else {
        response.resume();
        reject(new Error(`answer ${status}`));
      }
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    request.on('socket', (socket) => socket.once('secureConnect', () => clearTimeout(timer)));
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
  });
}

/**
 * Tries to download the worker to `target`.
 * @param {string} target
 * @param {{ report: import('./report.mjs').Report, step: import('./report.mjs').Step }} context
 * @returns {Promise<boolean>} false when there is none or it cannot be had; the log says why
 */
export async function downloadWorker(target, { report, step }) {
  if (process.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD) return false;
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules/mediasoup/package.json'), 'utf8'));
  const url = prebuiltUrl(manifest);
  step.update(`looking for a prebuilt media worker at ${new URL(url).host}`);
  const directory = mkdtempSync(join(cacheFolder('tmp'), 'download-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const forget = onEarlyEnd(remove);
  try {
    const signal = AbortSignal.timeout(OVERALL_TIMEOUT_MS);
    const archive = join(directory, 'worker.tgz');
    await pipeline(await open(url, signal), createWriteStream(archive), { signal });
    const { code } = await run('tar', ['-xzf', archive, '-C', directory, 'mediasoup-worker'], { report });
    const unpacked = join(directory, 'mediasoup-worker');
    if (code !== 0 || !existsSync(unpacked)) throw new Error('the archive holds no mediasoup-worker');
    chmodSync(unpacked, 0o755);
    renameSync(unpacked, target);
    return true;
  } catch (error) {
    report.log(`No prebuilt media worker from ${url}: ${String(error)}`);
    return false;
  } finally {
    forget();
    remove();
  }
}
