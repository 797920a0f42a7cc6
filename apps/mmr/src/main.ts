import { isIP } from 'node:net';
import { ConfigError, runProgram, type Logger } from '@guildhall/kit';
import { role, start } from './compose.ts';
import { configSchema, type Config } from './config.ts';
import { createMediasoupEngine } from './engine/mediasoup/index.ts';
import type { Engine } from './engine/port.ts';

/** Other routers dial numbers only: a name would have to be looked up by the media worker. */
const pipesOf = ({ mediaListenIp: ip, mediaAnnounced, pipeAddress, pipePortMin, pipePortMax }: Config) => {
  if (pipePortMax < pipePortMin) {
    const message = `pipePortMax is ${pipePortMax}, below pipePortMin (${pipePortMin}); the range is empty.`;
    throw new ConfigError([{ key: 'pipePortMax', message }]);
  }
  const announcedAddress = pipeAddress ?? mediaAnnounced.find((address) => isIP(address) > 0);
  return {
    ip,
    ...(announcedAddress !== undefined && { announcedAddress }),
    ports: { min: pipePortMin, max: pipePortMax },
  };
};

const createEngine = (config: Config, logger: Logger): Promise<Engine> =>
  createMediasoupEngine({
    ...(config.workers > 0 && { workerCount: config.workers }),
    ...(config.workerBin !== undefined && { workerBin: config.workerBin }),
    udpPort: config.mediaPort,
    tcpPort: config.iceTcpPort,
    listen: [{ ip: config.mediaListenIp, announcedAddresses: config.mediaAnnounced }],
    pipes: pipesOf(config),
    logger,
  });

await runProgram({
  role,
  schema: configSchema,
  env: process.env,
  argv: process.argv.slice(2),
  start: (config, context) => start(config, context, { createEngine }),
});
