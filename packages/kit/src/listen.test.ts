import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { assertLoopbackOrTls, isLoopback, listen } from './listen.ts';

test('a taken port is named in one line with the variable which moves it', async () => {
  const first = createServer();
  const port = await listen(first, { host: '127.0.0.1', port: 0 });
  const second = createServer();
  await expect(
    listen(second, { host: '127.0.0.1', port, variable: 'GUILDHALL_PORTAL_PORT' }),
  ).rejects.toMatchObject({
    code: 'port.in-use',
    message: `Port ${port} on 127.0.0.1 is taken by another program; set GUILDHALL_PORTAL_PORT to choose another one.`,
  });
  await new Promise((resolve) => first.close(resolve));
});

test('an address of another machine is refused in one line', async () => {
  await expect(listen(createServer(), { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('192.0.2.1'),
  });
});

test.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', 'meet.localhost'])(
  '%s is loopback',
  (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(() => assertLoopbackOrTls(host, false)).not.toThrow();
  },
);

test.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.example.com', 'localhost.example.com', ''])(
  'plain HTTP on "%s" is refused, TLS is not',
  (host) => {
    expect(() => assertLoopbackOrTls(host, false)).toThrow('Plain HTTP is only allowed on loopback');
    expect(() => assertLoopbackOrTls(host, true)).not.toThrow();
  },
);
