import { ConfigError, createLogger, exitCodes, loadConfig, runService, type Logger } from '@guildhall/kit';
import { role, start } from './compose.ts';
import { configSchema, type Config } from './config.ts';
import { createMediasoupEngine } from './engine/mediasoup/index.ts';
import type { Engine } from './engine/port.ts';

const createEngine = (config: Config, logger: Logger): Promise<Engine> =>
  createMediasoupEngine({
    ...(config.workers > 0 && { workerCount: config.workers }),
    ...(config.workerBin !== undefined && { workerBin: config.workerBin }),
    udpPort: config.mediaPort,
    tcpPort: config.iceTcpPort,
    listen: [{ ip: config.mediaListenIp, announcedAddresses: config.mediaAnnounced }],
    logger,
  });

const main = async (): Promise<void> => {
  let config: Config;
  try {
    config = loadConfig({ role, schema: configSchema, env: process.env, argv: process.argv.slice(2) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger({ role }).fatal({ problems: error.problems.length }, error.message);
    process.exitCode = exitCodes.config;
    return;
  }
  const logger: Logger = createLogger({ role, level: config.logLevel });
  await runService({
    role,
    logger,
    exitWithParent: true,
    start: (context) => start(config, context, { createEngine }),
  });
};

await main();
