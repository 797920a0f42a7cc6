import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from 'kysely';

/** Another process may hold the write lock this long before we give up (a backup, a second start). */
const LOCK_PATIENCE_MS = 5_000;
/** SQLite's own wait stops the whole process, so it is short and the longer wait is ours. */
const BLOCKING_WAIT_MS = 20;
const LOCK_RETRY_MS = 15;
const SQLITE_BUSY = 5;
/** Kysely writes the same few texts again and again; beyond this they are prepared anew. */
const MAX_STATEMENTS = 300;

/** SQLite does roll DDL back; Kysely's own adapter says no, which would leave two starts racing without a lock. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    for (let waitedMs = 0; ; waitedMs += LOCK_RETRY_MS) {
      try {
        return this.#run<R>(query);
      } catch (error) {
        // Inside a transaction the lock is ours already; there, busy is for good.
        if (this.#db.isTransaction || waitedMs >= LOCK_PATIENCE_MS || !isBusy(error)) throw error;
        await sleep(LOCK_RETRY_MS);
      }
    }
  }

  #run<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    const statement = this.#statement(sql);
    const values = parameters.map(toSqlValue);
    if (statement.columns().length > 0) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Kysely types the row from the query it compiled
      return { rows: statement.all(...values) as R[] };
    }
    const { changes } = statement.run(...values);
    return { numAffectedRows: BigInt(changes), rows: [] };
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement) return statement;
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  // oxlint-disable-next-line require-yield -- nothing in the cloud streams rows; pages are small
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not supported');
  }
}

class SqliteDriver implements Driver {
  readonly #path: string;
  #db: DatabaseSync | undefined;
  #connection: SqliteConnection | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async init(): Promise<void> {
    if (this.#path !== ':memory:') mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const db = new DatabaseSync(this.#path, { enableForeignKeyConstraints: true, timeout: LOCK_PATIENCE_MS });
    // It holds the authority's private key: nobody else on the machine may read it.
    if (this.#path !== ':memory:') chmodSync(this.#path, 0o600);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
    this.#db = db;
    this.#connection = new SqliteConnection(db);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (!this.#connection) throw new Error('the database is not open');
    return this.#connection;
  }

  /** Immediate: a transaction that reads first and writes later would else fail when another process wrote between. */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {
    // One connection; the adapter makes Kysely give it to one user at a time.
  }

  async destroy(): Promise<void> {
    this.#connection = undefined;
    this.#db?.close();
    this.#db = undefined;
  }
}

/** Kysely over Node's own SQLite: write-ahead log, every commit on disk before it is answered. */
export function sqliteDialect(path: string): Dialect {
  return {
    createDriver: () => new SqliteDriver(path),
    createAdapter: () => new TransactionalDdlAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  };
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === SQLITE_BUSY;

function toSqlValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return value;
  }
  throw new TypeError(`a ${typeof value} is not in the portable subset of the store`);
}
