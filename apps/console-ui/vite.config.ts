import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where a development page finds the console's server. */
const CONSOLE = 'http://127.0.0.1:5480';

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: { host: '127.0.0.1', proxy: { '/api': CONSOLE } },
});
