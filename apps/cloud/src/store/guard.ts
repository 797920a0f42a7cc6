import { GuildhallError } from '@guildhall/rpc';
import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';

/** A unique key is taken. */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation';
}

/** SQLSTATE classes of a server that is away, starting, stopping or out of means. */
const unavailableStates = /^(08|53|57P|58)/u;
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);
/** SQLITE_BUSY, LOCKED, IOERR, CORRUPT, FULL, CANTOPEN: the low byte of the extended code. */
const sqliteUnavailable = new Set([5, 6, 10, 11, 13, 14]);
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;

/** What the rest of the cloud hears of a driver's error: the two kinds it must tell apart, in both dialects. */
function translateStoreError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const sqlite = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  if (code === '23505' || sqlite === SQLITE_CONSTRAINT_PRIMARYKEY || sqlite === SQLITE_CONSTRAINT_UNIQUE) {
    return new UniqueViolation(error.message, { cause: error });
  }
  const isAway =
    unavailableStates.test(code) ||
    networkCodes.has(code) ||
    (sqlite !== undefined && sqliteUnavailable.has(sqlite & 0xff)) ||
    /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error/iu.test(
      error.message,
    );
  if (!isAway) return error;
  const sentence = 'The database cannot be reached right now; nothing was changed. Try again in a moment.';
  return new GuildhallError('store.unavailable', sentence, { retryAfterMs: 2_000, cause: error });
}

async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translateStoreError(error);
  }
}

class GuardedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;

  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return guarded(this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

/** Wraps the driver and not each repository: no query can forget it. */
class GuardedDriver implements Driver {
  readonly #inner: Driver;

  constructor(inner: Driver) {
    this.#inner = inner;
  }

  init(): Promise<void> {
    return guarded(this.#inner.init());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return new GuardedConnection(await guarded(this.#inner.acquireConnection()));
  }

  beginTransaction(connection: DatabaseConnection, settings: object): Promise<void> {
    return guarded(this.#inner.beginTransaction(innerOf(connection), settings));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return guarded(this.#inner.commitTransaction(innerOf(connection)));
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return guarded(this.#inner.rollbackTransaction(innerOf(connection)));
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return this.#inner.releaseConnection(innerOf(connection));
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }
}

const innerOf = (connection: DatabaseConnection): DatabaseConnection =>
  connection instanceof GuardedConnection ? connection.inner : connection;

export function guardDialect(dialect: Dialect): Dialect {
  return {
    createDriver: () => new GuardedDriver(dialect.createDriver()),
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}
