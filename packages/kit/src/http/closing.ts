import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Requests under way get this long to end when the server closes. */
const GRACE_MS = 1_000;

/**
 * Makes `app.close()` end. Node waits for every connection, also for those on which a browser never sent anything
 * (it opens some in advance) and for upgraded ones whose owner forgot them.
 */
export function closeInTime(app: FastifyInstance, server: Server): void {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', track);
  let grace: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    grace = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, GRACE_MS);
  });
  server.once('close', () => clearTimeout(grace));
}
