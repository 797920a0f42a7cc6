import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { GuildhallError } from '@guildhall/rpc';
import { ConfigError } from './config/config.ts';
import { FakeClock } from './fake-clock.ts';
import { runService, type ServiceOptions } from './lifecycle.ts';
import { createLogger } from './logger.ts';

class FakeHost extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

function setUp(options: Partial<ServiceOptions> = {}) {
  const host = new FakeHost();
  const clock = new FakeClock();
  const lines: string[] = [];
  const logger = createLogger({ role: 'test', destination: { write: (line) => void lines.push(line) } });
  const closed: string[] = [];
  const done = runService({
    role: 'test',
    logger,
    clock,
    host,
    start: async ({ onClose }) => {
      onClose('store', () => void closed.push('store'));
      onClose('http', async () => void closed.push('http'));
    },
    ...options,
  });
  return { host, clock, lines, closed, done, log: () => lines.join('') };
}

describe('runService', () => {
  test.each(['SIGTERM', 'SIGINT'])('%s closes in reverse order and exits with 0', async (signal) => {
    const { host, closed, done } = setUp();
    host.emit(signal);
    host.emit(signal);
    expect(await done).toBe(0);
    expect(closed).toEqual(['http', 'store']);
    expect(host.exits).toEqual([0]);
    expect(host.eventNames()).toEqual([]);
  });

  test('what does not close in time is left behind after 4 s and named', async () => {
    const { host, clock, done, log } = setUp({
      start: async ({ onClose }) => onClose('stuck part', () => new Promise(() => undefined)),
    });
    host.emit('SIGTERM');
    await clock.advance(3_999);
    expect(host.exits).toEqual([]);
    await clock.advance(1);
    expect(await done).toBe(1);
    expect(log()).toContain('stuck part');
  });

  test('one part failing to close does not keep the others open', async () => {
    const closed: string[] = [];
    const { host, done } = setUp({
      start: async ({ onClose }) => {
        onClose('first', () => void closed.push('first'));
        onClose('second', () => {
          throw new Error('no');
        });
        return { close: () => void closed.push('service') };
      },
    });
    host.emit('SIGTERM');
    expect(await done).toBe(1);
    expect(closed).toEqual(['service', 'first']);
  });

  test('a failed start closes what was opened; a refusal is a sentence without a stack', async () => {
    const closed: string[] = [];
    const { done, log } = setUp({
      start: async ({ onClose }) => {
        onClose('store', () => void closed.push('store'));
        throw new GuildhallError('port.in-use', 'Port 8080 is taken.');
      },
    });
    expect(await done).toBe(1);
    expect(closed).toEqual(['store']);
    expect(log()).toContain('Port 8080 is taken.');
    expect(log()).not.toContain('lifecycle.test');
    const misconfigured = setUp({
      start: async () => {
        throw new ConfigError([{ key: 'x', message: 'x is wrong' }]);
      },
    });
    expect(await misconfigured.done).toBe(78);
  });

  test('a stop during a slow start closes what there is', async () => {
    const aborted = Promise.withResolvers<void>();
    const { host, done } = setUp({
      start: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted.resolve();
            reject(new Error('aborted'));
          });
        }),
    });
    host.emit('SIGINT');
    await aborted.promise;
    expect(await done).toBe(0);
  });

  test('an error of the system is logged and survived, an error of ours ends the process', async () => {
    const { host, done, log, closed } = setUp();
    host.emit(
      'uncaughtException',
      Object.assign(new Error('read ECONNRESET'), { syscall: 'read', errno: -104 }),
    );
    host.emit('unhandledRejection', new GuildhallError('link.closed', 'gone'));
    expect(host.exits).toEqual([]);
    host.emit('uncaughtException', new TypeError('x is not a function'));
    expect(await done).toBe(1);
    expect(closed).toEqual(['http', 'store']);
    expect(log()).toContain('x is not a function');
  });

  test('goes when its life line ends', async () => {
    let end = (): void => undefined;
    let isWatched = false;
    const { done, closed, log } = setUp({
      lifeLine: (onEnd) => {
        end = onEnd;
        isWatched = true;
        return () => (isWatched = false);
      },
    });
    end();
    expect(await done).toBe(0);
    expect(closed).toEqual(['http', 'store']);
    expect(isWatched).toBe(false);
    expect(log()).toContain('the launcher is gone');
  });
});
