import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import {
  createLogger,
  createMetrics,
  lifeLineOf,
  listen,
  readServerTls,
  runService,
  ServedCertificate,
  startAdmin,
  watchLifeLine,
  writeControlSecret,
  writeRunFile,
} from '@guildhall/kit';

/**
 * Stands for `mmr` where only its certificate, its drain and the number of its meetings matter, which it reads from the file
 * GUILDHALL_MMR_MEETINGS_FILE.
 */
const { env } = process;
const logger = createLogger({ role: 'mmr' });
const lifeLine = lifeLineOf(env);
await runService({
  role: 'mmr',
  logger,
  ...(lifeLine !== undefined && { lifeLine: (onEnd) => watchLifeLine(lifeLine, onEnd) }),
  start: async ({ clock, onClose }) => {
    const ports: Record<string, number> = {};
    const files = {
      tlsCertFile: env['GUILDHALL_MMR_TLS_CERT_FILE'],
      tlsKeyFile: env['GUILDHALL_MMR_TLS_KEY_FILE'],
    };
    const pair = await readServerTls(files);
    if (pair) {
      const server = createServer(pair);
      const served = new ServedCertificate({ server, pair, files, clock, logger });
      ports['https'] = await listen(server, { host: '127.0.0.1', port: 0 });
      onClose('https', () => {
        served.close();
        server.closeAllConnections();
        server.close();
      });
    }
    const meetings = (): number => Number(readFileSync(env['GUILDHALL_MMR_MEETINGS_FILE'] ?? '', 'utf8'));
    let isDraining = false;
    const runDir = env['GUILDHALL_MMR_RUN_DIR'] ?? '';
    const secret = await writeControlSecret(runDir, 'mmr');
    onClose('control secret', () => secret.remove());
    const admin = await startAdmin({
      logger,
      port: 0,
      health: () => ({ ok: true }),
      ready: () => ({ ok: true }),
      metrics: createMetrics('mmr'),
      control: {
        secret: secret.value,
        orders: {
          '/control/drain': async (body) => {
            isDraining = JSON.stringify(body) === '{"drain":true}';
            return {};
          },
        },
      },
      debugState: () => ({ draining: isDraining, load: { meetings: meetings(), participants: meetings() } }),
    });
    onClose('admin', () => admin.close());
    const facts = { role: 'mmr', pid: process.pid, ports, adminPort: admin.port, startedAt: clock.now() };
    const runFile = await writeRunFile(runDir, facts);
    onClose('run file', () => runFile.remove());
  },
});
