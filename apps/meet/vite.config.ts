import react from '@vitejs/plugin-react';
import { createHash } from 'node:crypto';
import { defineConfig, type Plugin } from 'vite';

/** Where a development page finds the cloud. */
const CLOUD = 'http://127.0.0.1:8080';
/** Served by the cloud at the root: its place decides which pages it looks after. */
const WORKER = 'sw.js';

/** The second file of the page is always needed: the browser fetches it beside the first instead of after it. */
const preloadEngine = (): Plugin => ({
  name: 'guildhall-preload-engine',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle }) =>
      Object.values(bundle ?? {}).flatMap((file) =>
        file.type === 'chunk' && file.isDynamicEntry
          ? [
              {
                tag: 'link',
                attrs: { rel: 'modulepreload', crossorigin: true, href: `/meet/${file.fileName}` },
                injectTo: 'head' as const,
              },
            ]
          : [],
      ),
  },
});

/**
 * Puts into the service worker which files the page needs, and a name for this set of them. Left out: letters beyond
 * Latin-1, which most never see and which fall back to the system's font.
 */
const listForWorker = (): Plugin => ({
  name: 'guildhall-list-for-worker',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const worker = bundle[WORKER];
      if (worker?.type !== 'chunk') throw new Error(`${WORKER} was not built`);
      const files = Object.keys(bundle)
        .filter((name) => name.startsWith('assets/') && !name.includes('latin-ext'))
        .toSorted()
        .map((name) => `/meet/${name}`);
      const build = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 16);
      worker.code = worker.code
        .replaceAll('__GUILDHALL_ASSETS__', JSON.stringify(files))
        .replaceAll('__GUILDHALL_BUILD__', JSON.stringify(build));
    },
  },
});

export default defineConfig({
  base: '/meet/',
  plugins: [react(), preloadEngine(), listForWorker()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2023',
    // These know light-dark() and relative colours; rewriting them would fix every colour at the root, and the stage
    // could not be dark.
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      input: { index: 'index.html', worker: 'src/worker/worker.ts' },
      output: { entryFileNames: ({ name }) => (name === 'worker' ? WORKER : 'assets/[name]-[hash].js') },
    },
  },
  server: { host: '127.0.0.1', proxy: { '/api': CLOUD } },
});
