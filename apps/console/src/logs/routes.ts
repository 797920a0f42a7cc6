import { Readable } from 'node:stream';
import type { Clock } from '@guildhall/kit';
import { LogQuery, LogSource } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readBody } from '../read-body.ts';
import { Feed } from './feed.ts';
import type { Logs } from './logs.ts';

const maxFeeds = 20;

interface LogRoutesOptions {
  readonly logs: Logs;
  readonly clock: Clock;
  /** @throws GuildhallError when the session of this request has ended meanwhile */
  readonly requireViewer: (request: FastifyRequest) => void;
}

const Download = z.strictObject({ source: LogSource });

/** `GET /logs`, `/logs/stream`, `/logs/download`. */
export function registerLogRoutes(app: FastifyInstance, options: LogRoutesOptions): void {
  const { logs, clock, requireViewer } = options;
  const feeds = new Set<Feed>();

  app.get('/api/v1/logs', async (request) => ({ entries: logs.tail(readBody(LogQuery, request.query)) }));

  app.get('/api/v1/logs/stream', async (request, reply) => {
    const query = readBody(LogQuery, request.query);
    if (feeds.size >= maxFeeds) {
      throw new GuildhallError('overloaded', 'Too many pages follow the logs. Close one and try again.');
    }
    const isAllowed = (): boolean => {
      try {
        requireViewer(request);
        return true;
      } catch {
        return false;
      }
    };
    const onEnd = (): void => {
      feeds.delete(feed);
      stopFollowing();
    };
    const feed = new Feed({ clock, isAllowed, onEnd });
    feeds.add(feed);
    feed.send({ kind: 'start', entries: logs.tail(query) });
    const stopFollowing = logs.follow(query, (entry) => feed.send({ kind: 'line', entry }));
    void reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
    return reply.send(feed.stream);
  });

  app.get('/api/v1/logs/download', async (request, reply) => {
    const { source } = readBody(Download, request.query);
    const name = `${source}-${new Date(clock.now()).toISOString().slice(0, 19).replaceAll(':', '')}.log`;
    void reply
      .type('text/plain; charset=utf-8')
      .header('content-disposition', `attachment; filename="${name}"`);
    return reply.send(Readable.from(logs.whole(source)));
  });

  app.addHook('preClose', async () => {
    for (const feed of feeds) feed.end();
  });
}
