import { chmodSync, mkdirSync, renameSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** One step of the schema. Steps already run are never changed, only added to. */
export interface SqliteMigration {
  readonly name: string;
  readonly sql: string;
}

export interface OpenSqliteOptions {
  migrations: readonly SqliteMigration[];
  /**
   * What to do with a file which is damaged: throw (default), or put it aside as `<path>.damaged-<epoch ms>` and start
   * afresh, for stores which the others can fill again.
   */
  onDamage?: 'throw' | { setAside: (movedTo: string) => void; nowMs: () => number };
}

/**
 * Opens (and makes) a store where "yes" means "on disk": WAL, synchronous=FULL, foreign keys, 5 s busy timeout.
 * `:memory:` gives one that is gone with the process.
 *
 * @throws Error when the file is damaged, newer than the program, or cannot be written
 */
export function openSqlite(path: string, options: OpenSqliteOptions): DatabaseSync {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    return open(path, options.migrations);
  } catch (error) {
    const { onDamage = 'throw' } = options;
    if (onDamage === 'throw' || !isDamage(error)) throw error;
    const movedTo = `${path}.damaged-${onDamage.nowMs()}`;
    // The journal belongs to the damaged file; left behind, it would be replayed into the new one.
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix);
    }
    onDamage.setAside(movedTo);
    return open(path, options.migrations);
  }
}

function open(path: string, migrations: readonly SqliteMigration[]): DatabaseSync {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5_000 });
  try {
    // Keys, digests of passwords and names are in it. SQLite gives its journals the mode of the file.
    for (const suffix of ['', '-wal', '-shm']) {
      if (path !== ':memory:' && existsSync(path + suffix)) chmodSync(path + suffix, 0o600);
    }
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    const check = database.prepare('PRAGMA quick_check(1)').get();
    if (check?.['quick_check'] !== 'ok')
      throw new DamagedStore(`${path} is damaged: ${String(check?.['quick_check'])}`);
    migrate(database, path, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: DatabaseSync, path: string, migrations: readonly SqliteMigration[]): void {
  const done = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (done > migrations.length) {
    throw new Error(
      `${path} was written by a newer version (schema ${done}, this one knows ${migrations.length}).`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < done) continue;
    inTransaction(database, () => {
      database.exec(migration.sql);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

/** Runs `work` in one transaction: all of it is on disk when this returns, or none when it throws. Does not nest. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

class DamagedStore extends Error {}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function isDamage(error: unknown): boolean {
  if (error instanceof DamagedStore) return true;
  if (!(error instanceof Error && 'errcode' in error)) return false;
  return error.errcode === SQLITE_CORRUPT || error.errcode === SQLITE_NOTADB;
}
