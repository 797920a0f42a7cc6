import { createLogger, exitCodes, loadConfig, runService, secretKeysOf, type LogLevel } from '@guildhall/kit';
import { composeCloud } from './compose.ts';
import { configSchema, type Config } from './config.ts';

const role = 'cloud';

const readConfig = (): Config | undefined => {
  try {
    return loadConfig({ role, schema: configSchema, env: process.env, argv: process.argv.slice(2) });
  } catch (error) {
    // Nothing is configured yet, not even the log: the sentence alone helps.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
};

const config = readConfig();
if (config === undefined) process.exitCode = exitCodes.config;
else {
  const level: LogLevel = config.logLevel;
  const logger = createLogger({ role, level, secretKeys: secretKeysOf(configSchema) });
  await runService({
    role,
    logger,
    exitWithParent: process.channel !== undefined,
    start: async ({ clock, onClose }) => {
      await composeCloud({ config, logger, clock, onClose });
    },
  });
}
