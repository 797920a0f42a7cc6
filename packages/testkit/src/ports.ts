import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const holds = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const udp = createSocket('udp4');
    udp.once('error', () => {
      udp.close();
      done(false);
    });
    udp.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      const tcp = createServer();
      tcp.once('error', () => udp.close(() => done(false)));
      tcp.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
        tcp.close(() => udp.close(() => done(true))),
      );
    });
  });

/**
 * Finds `count` neighbouring ports free for UDP and TCP, below the range from which the system hands out ports by itself, so
 * that nothing takes one between this look and its use.
 */
export const freePortBlock = async (count: number): Promise<number> => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const base = randomInt(11_000, 31_000);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => holds(base + index)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no block of ${count} free ports found`);
};

/** A port that nobody has and that the system does not hand out by itself: it can be left and taken again. */
export const freePort = (): Promise<number> => freePortBlock(1);
