import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where a development page finds the cloud. */
const CLOUD = 'http://127.0.0.1:8080';

export default defineConfig(({ command }) => ({
  // The cloud serves assets below /portal/; the pages themselves stand at the root.
  base: command === 'build' ? '/portal/' : '/',
  plugins: [react()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': CLOUD, '/j/': CLOUD, '/meet/': CLOUD, '/gateway': { target: CLOUD, ws: true } },
  },
}));
