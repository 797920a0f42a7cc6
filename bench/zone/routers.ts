// Many routers in one process, each the product's own in everything but the media engine, which is the fake one.
//   node bench/zone/routers.ts <directory of identities> <url of the zone controller>
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, systemClock } from '@guildhall/kit';
import { start } from '../../apps/mmr/src/compose.ts';
import { configSchema } from '../../apps/mmr/src/config.ts';
import { createFakeEngine } from '../../apps/mmr/src/engine/fake/index.ts';

const [directory = '', controller = ''] = process.argv.slice(2);
const logger = createLogger({ role: 'mmr', level: 'error' });
const routers = readdirSync(directory).filter((name) => name.startsWith('router-'));
for (const name of routers) {
  const config = configSchema.parse({
    port: 0,
    identityFile: join(directory, name),
    controllers: [controller],
    workers: 1,
    logLevel: 'error',
  });
  await start(
    config,
    {
      logger,
      clock: systemClock,
      signal: new AbortController().signal,
      // The process ends as a whole.
      onClose: () => undefined,
      shutdown: () => process.exit(1),
    },
    { createEngine: () => Promise.resolve(createFakeEngine({ logger, workerCount: 1 })) },
  );
}
console.log(JSON.stringify({ routers: routers.length }));
