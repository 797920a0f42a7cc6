import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inTransaction, openSqlite } from './sqlite.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'guildhall-store-'));
});
afterEach(() => rm(dir, { recursive: true }));

const outbox = {
  name: 'outbox',
  sql: 'CREATE TABLE outbox (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT',
};
const parent = { name: 'parent', sql: 'CREATE TABLE child (seq INTEGER REFERENCES outbox(seq)) STRICT' };

test('is durable, checked, and keeps what it has through migrations', () => {
  const path = join(dir, 'deep', 'store.db');
  const first = openSqlite(path, { migrations: [outbox] });
  first.exec("INSERT INTO outbox VALUES (1, 'one')");
  first.close();
  const second = openSqlite(path, { migrations: [outbox, parent] });
  expect(second.prepare('SELECT body FROM outbox').get()).toEqual({ body: 'one' });
  expect(second.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  expect(second.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  expect(() => second.exec('INSERT INTO child VALUES (77)')).toThrow(/FOREIGN KEY/);
  second.close();
  expect(() => openSqlite(path, { migrations: [outbox] })).toThrow(/newer version/);
});

test('nobody else on the machine may read it, its journals included, also when it was made readable before', async () => {
  const path = join(dir, 'store.db');
  openSqlite(path, { migrations: [outbox] }).close();
  await chmod(path, 0o644);
  const store = openSqlite(path, { migrations: [outbox] });
  store.exec("INSERT INTO outbox VALUES (1, 'one')");
  const names = (await readdir(dir)).toSorted();
  expect(names).toEqual(['store.db', 'store.db-shm', 'store.db-wal']);
  for (const name of names) expect((await stat(join(dir, name))).mode & 0o777, name).toBe(0o600);
  store.close();
});

test('a transaction is all or nothing', () => {
  const store = openSqlite(':memory:', { migrations: [outbox] });
  const insert = (): void => store.exec("INSERT INTO outbox VALUES (1, 'one')");
  expect(() =>
    inTransaction(store, () => {
      insert();
      insert();
    }),
  ).toThrow(/UNIQUE/);
  expect(store.prepare('SELECT count(*) AS n FROM outbox').get()).toEqual({ n: 0 });
  expect(inTransaction(store, () => (insert(), 'done'))).toBe('done');
  expect(store.prepare('SELECT count(*) AS n FROM outbox').get()).toEqual({ n: 1 });
  store.close();
});

test('a broken migration leaves the schema as it was', () => {
  const path = join(dir, 'store.db');
  const broken = { name: 'broken', sql: 'CREATE TABLE good (x INTEGER) STRICT; CREATE TABLE bad (x) STRICT' };
  expect(() => openSqlite(path, { migrations: [outbox, broken] })).toThrow(/missing datatype/);
  openSqlite(path, { migrations: [outbox, parent] }).close();
});

test('a damaged file is refused, or put aside when the store can be filled again', async () => {
  const path = join(dir, 'store.db');
  await writeFile(path, 'this is no database, and long enough to be taken for one'.repeat(100));
  expect(() => openSqlite(path, { migrations: [outbox] })).toThrow(/not a database/);
  const moved: string[] = [];
  const onDamage = { setAside: (movedTo: string) => void moved.push(movedTo), nowMs: () => 7 };
  const store = openSqlite(path, { migrations: [outbox], onDamage });
  expect(moved).toEqual([`${path}.damaged-7`]);
  expect(store.prepare('SELECT count(*) AS n FROM outbox').get()).toEqual({ n: 0 });
  store.close();
  expect(await readdir(dir)).toContain('store.db.damaged-7');
});
