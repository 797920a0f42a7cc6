import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GuildhallError } from './errors.ts';
import { memoryPipePair, type Pipe } from './pipe.ts';
import { backoffDelayMs, createReconnectingLink, type ReconnectingLinkOptions } from './reconnect.ts';
import { ManualClock, turn } from './testing.ts';

function setUp(change: Partial<ReconnectingLinkOptions<string>> = {}) {
  const clock = new ManualClock();
  const servers: Pipe[] = [];
  const states: string[] = [];
  const link = createReconnectingLink<string>({
    dial: async () => {
      const [client, server] = memoryPipePair();
      servers.push(server);
      return client;
    },
    hello: async () => `session ${servers.length}`,
    clock,
    random: { float: () => 0.5 },
    backoff: { firstMs: 100, maxMs: 1_000 },
    ...change,
  });
  link.onState(({ kind }) => states.push(kind));
  return { clock, servers, states, link };
}

test('the wait is uniform below an exponentially growing, bounded ceiling', () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, chance) => {
      const options = { firstMs: 100, maxMs: 30_000 };
      const delayMs = backoffDelayMs(attempt, options, { float: () => chance });
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(Math.min(30_000, 100 * 2 ** attempt));
      expect(delayMs).toBe(Math.round(chance * Math.min(30_000, 100 * 2 ** attempt)));
    }),
  );
});

describe('a reconnecting link', () => {
  test('says hello on each connection and dials again when it breaks', async () => {
    const { clock, servers, states, link } = setUp();
    link.start();
    expect(await link.connected()).toBe('session 1');
    servers[0]?.close(1006, 'cable cut');
    await turn();
    expect(link.state).toMatchObject({ kind: 'waiting', retryInMs: 50 });
    expect(link.session).toBeUndefined();
    await clock.advance(50);
    expect(await link.connected()).toBe('session 2');
    expect(states).toEqual(['connecting', 'connected', 'waiting', 'connecting', 'connected']);
    link.close();
    link.close();
    expect(states.at(-1)).toBe('closed');
    await clock.advance(100_000);
    expect(servers).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  test('stays closed although its pipe tells of the close at once', async () => {
    let dials = 0;
    const { clock, link, states } = setUp({
      dial: async () => {
        dials += 1;
        const [client] = memoryPipePair();
        const watchers: Parameters<Pipe['onClose']>[0][] = [];
        return {
          ...client,
          send: (text) => client.send(text),
          onMessage: (watcher) => client.onMessage(watcher),
          onClose: (watcher) => {
            watchers.push(watcher);
          },
          close: () => {
            for (const watcher of watchers) watcher({ code: 1000, reason: 'ours' });
          },
        };
      },
    });
    link.start();
    await link.connected();
    link.close();
    await clock.advance(60_000);
    expect(dials).toBe(1);
    expect(states.at(-1)).toBe('closed');
    expect(clock.timers).toBe(0);
  });

  test('waits longer after each failure, and starts over when a link has held', async () => {
    let isDown = true;
    const waits: number[] = [];
    const pipes: Pipe[] = [];
    const { clock, link } = setUp({
      dial: async () => {
        if (isDown) throw new Error('refused');
        const [client, server] = memoryPipePair();
        pipes.push(server);
        return client;
      },
    });
    link.onState((state) => state.kind === 'waiting' && waits.push(state.retryInMs));
    link.start();
    for (let round = 0; round < 6; round++) await clock.advance(500);
    expect(waits.slice(0, 6)).toEqual([50, 100, 200, 400, 500, 500]);
    isDown = false;
    await clock.advance(500);
    await link.connected();
    await clock.advance(10_000);
    pipes[0]?.close();
    await turn();
    expect(waits.at(-1)).toBe(50);
    link.close();
  });

  test('a failing hello closes the pipe; a hint to wait is obeyed up to the bound', async () => {
    const closed: unknown[] = [];
    const { clock, servers, link } = setUp({
      hello: async () => {
        throw new GuildhallError('overloaded', 'Busy.', { retryAfterMs: 86_400_000 });
      },
    });
    link.start();
    await turn();
    servers[0]?.onClose((info) => closed.push(info));
    await turn();
    expect(closed).toHaveLength(1);
    expect(link.state).toMatchObject({ kind: 'waiting', retryInMs: 1_000, why: 'Busy.' });
    await clock.advance(1_000);
    expect(servers).toHaveLength(2);
    link.close();
  });

  test('a final refusal and a final close end it', async () => {
    const refused = setUp({
      hello: async () => {
        throw new GuildhallError('seat.invalid', 'No.');
      },
      isFinal: ({ code }) => code === 'seat.invalid',
    });
    refused.link.start();
    await expect(refused.link.connected()).rejects.toMatchObject({ code: 'seat.invalid' });
    const removed = setUp({ isFinalClose: ({ code }) => code === 4403 });
    removed.link.start();
    await removed.link.connected();
    removed.servers[0]?.close(4403, 'removed');
    await turn();
    expect(removed.link.state).toMatchObject({ kind: 'closed', error: { code: 'link.closed' } });
  });

  test('an attempt which hangs is given up, and its late pipe is closed', async () => {
    const late = Promise.withResolvers<Pipe>();
    const signals: AbortSignal[] = [];
    const { clock, link } = setUp({
      dial: (signal) => {
        signals.push(signal);
        return late.promise;
      },
      attemptTimeoutMs: 1_000,
    });
    link.start();
    await clock.advance(1_000);
    expect(link.state.kind).toBe('waiting');
    expect(signals[0]?.aborted).toBe(true);
    link.close();
    const [client, server] = memoryPipePair();
    const ended = new Promise((resolve) => server.onClose(resolve));
    late.resolve(client);
    await ended;
  });

  test('retryNow ends the wait', async () => {
    const { servers, link } = setUp();
    link.start();
    await link.connected();
    servers[0]?.close();
    await turn();
    link.retryNow();
    expect(await link.connected()).toBe('session 2');
    link.close();
  });
});
