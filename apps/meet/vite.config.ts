import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where a development page finds the cloud. */
const CLOUD = 'http://127.0.0.1:8080';

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

export default defineConfig({
  base: '/meet/',
  plugins: [react(), preloadEngine()],
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
  },
  server: { host: '127.0.0.1', proxy: { '/api': CLOUD } },
});
