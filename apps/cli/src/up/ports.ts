import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { UsageError, type PortSetting } from './settings.ts';

const tryTcp = (port: number, address: string): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => done(true)));
  });

const tryUdp = (port: number, address: string): Promise<boolean> =>
  new Promise((done) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      done(false);
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => done(true)));
  });

/**
 * Looks at every port before any process is started, so that the error is one line and names the way out.
 * A port may still be taken in the moment between; the process that loses says so itself.
 * @throws UsageError naming the first port that is taken
 */
export const assertPortsFree = async (ports: readonly PortSetting[], address: string): Promise<void> => {
  const seen = new Map<string, PortSetting>();
  for (const entry of ports) {
    const key = `${entry.transport} ${entry.port}`;
    const other = seen.get(key);
    if (other !== undefined)
      throw new UsageError(
        `Port ${entry.port}/${entry.transport} is given twice: for ${other.what} (${other.variable}) and for ${entry.what} (${entry.variable}).`,
      );
    seen.set(key, entry);
  }
  for (const entry of ports) {
    const free = await (entry.transport === 'tcp'
      ? tryTcp(entry.port, address)
      : tryUdp(entry.port, address));
    if (!free)
      throw new UsageError(
        `Port ${entry.port}/${entry.transport} for ${entry.what} is taken by another program. Stop it, or choose another port with ${entry.variable}=<port>.`,
      );
  }
};
