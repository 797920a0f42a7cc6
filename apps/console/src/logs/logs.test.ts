import { mkdirSync, writeFileSync } from 'node:fs';
import { LogEvent, type LogEntry } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { firstPassword, ready } from '../testing.ts';
import { Feed } from './feed.ts';
import { FakeClock } from '@guildhall/kit';

const line = (time: string, level: string, msg: string, facts: object = {}): string =>
  JSON.stringify({ level, time: `2026-11-21T10:00:${time}.000Z`, role: 'x', pid: 1, ...facts, msg });

async function withLogs() {
  const console = await ready();
  await console.signIn(firstPassword);
  const { logs } = console;
  mkdirSync(logs.pathOf('mmr').replace('/mmr.log', ''), { recursive: true });
  writeFileSync(`${logs.pathOf('mmr')}.1`, `${line('01', 'info', 'older file')}\n`);
  writeFileSync(
    logs.pathOf('mmr'),
    `${line('03', 'warn', 'joined', { name: '<script>alert(1)</script>', token: 'ght_ABCDEFGH12345678' })}\n` +
      'Error: printed past the logger\u001b[31m\n',
  );
  writeFileSync(logs.pathOf('zctrl'), `${line('02', 'debug', 'between')}\n${line('04', 'error', 'last')}\n`);
  return console;
}

const messages = (entries: LogEntry[]): string[] => entries.map(({ message }) => message);

test('the newest lines of all logs come in the order of their time, as text, without secrets', async () => {
  const { call } = await withLogs();
  const { entries } = (await call('GET', '/logs')).json<{ entries: LogEntry[] }>();
  expect(messages(entries)).toEqual([
    'older file',
    'between',
    'joined',
    'Error: printed past the logger\u00b7[31m',
    'last',
  ]);
  expect(entries[2]?.facts).toContain('<script>alert(1)</script>');
  expect(JSON.stringify(entries)).not.toContain('ABCDEFGH');
});

test.each([
  ['source=zctrl', ['between', 'last']],
  ['level=warn', ['joined', 'Error: printed past the logger\u00b7[31m', 'last']],
  ['text=SCRIPT', ['joined']],
  ['source=mmr&text=nothing', []],
])('filter %s', async (query, expected) => {
  const { call } = await withLogs();
  const { entries } = (await call('GET', `/logs?${query}`)).json<{ entries: LogEntry[] }>();
  expect(messages(entries)).toEqual(expected);
});

test.each([
  ['source=../../etc/passwd', 'source'],
  ['level=loud', 'level'],
  [`text=${'x'.repeat(101)}`, 'text'],
  ['file=x', 'file'],
])('%s is refused with its field', async (query, field) => {
  const { call } = await withLogs();
  const answer = await call('GET', `/logs?${query}`);
  expect([answer.statusCode, answer.json().error.field]).toEqual([400, field]);
  expect((await call('GET', `/logs/stream?${query}`)).statusCode).toBe(400);
});

test('a download is the whole log, also its older files, as an attachment', async () => {
  const { call } = await withLogs();
  const answer = await call('GET', '/logs/download?source=mmr');
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="mmr-[\dT-]+\.log"$/u);
  expect(answer.body.split('\n')).toHaveLength(4);
  expect(answer.body).toContain('older file');
  expect(answer.body).not.toContain('ABCDEFGH');
  expect((await call('GET', '/logs/download?source=passwd')).statusCode).toBe(400);
});

test('a page that follows the logs gets the lines of before, each new one, and no more after its session', async () => {
  const { app, logs, sessionCookie, call, clock } = await withLogs();
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const answer = await fetch(`${origin}/api/v1/logs/stream?level=info`, {
    headers: { cookie: sessionCookie() },
  });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<LogEvent | undefined> => {
    while (!text.includes('\n\n')) {
      const part = await reader?.read();
      if (!part || part.done) return undefined;
      text += part.value;
    }
    const end = text.indexOf('\n\n');
    const event = text.slice(0, end);
    text = text.slice(end + 2);
    return event.startsWith('data: ') ? LogEvent.parse(JSON.parse(event.slice(6))) : next();
  };
  const start = await next();
  expect(start?.kind === 'start' && messages(start.entries)).toHaveLength(4);
  logs.heard('zctrl', line('05', 'debug', 'not asked for'));
  logs.heard('zctrl', line('06', 'info', 'now'));
  expect(await next()).toMatchObject({ kind: 'line', entry: { message: 'now', source: 'zctrl' } });
  await call('DELETE', '/session');
  await clock.advance(15_000);
  expect(await next()).toBeUndefined();
  await app.close();
});

test('a reader who is too slow costs bounded memory and is told how much it missed', () => {
  const feed = new Feed({ clock: new FakeClock(), isAllowed: () => true, onEnd: () => undefined });
  const entry = { source: 'mmr', timeMs: 1, level: 'info', message: 'x'.repeat(4_000), facts: '' } as const;
  for (let count = 0; count < 1_000; count++) feed.send({ kind: 'line', entry });
  expect(feed.stream.readableLength).toBeLessThan(600 * 1024);
  feed.stream.setEncoding('utf8');
  let got = '';
  for (let chunk: unknown = feed.stream.read(); chunk !== null; chunk = feed.stream.read())
    if (typeof chunk === 'string') got += chunk;
  expect(got).toMatch(/"kind":"dropped","lines":8\d\d/u);
  feed.end();
});
