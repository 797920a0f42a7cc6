import { runProgram } from '@guildhall/kit';
import { composeCloud } from './compose.ts';
import { configSchema } from './config.ts';

await runProgram({
  role: 'cloud',
  schema: configSchema,
  env: process.env,
  argv: process.argv.slice(2),
  start: async (config, { logger, clock, onClose }) => {
    await composeCloud({ config, logger, clock, onClose });
  },
});
