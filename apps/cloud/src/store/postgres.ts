import { Pool, types } from 'pg';
import { PostgresDialect, type Dialect } from 'kysely';

/** A database that is away is told within seconds, not when TCP gives up. */
const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 15_000;

/** Kysely over PostgreSQL. `int8` is read as a number: every one of ours is a count or epoch milliseconds. */
export function postgresDialect(connectionString: string, onLost: (error: Error) => void): Dialect {
  const options = {
    connectionString,
    max: 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'guildhall-cloud',
    types: { getTypeParser: parserOf },
  };
  const pool = new Pool(options);
  // Without listeners a lost connection would end the process: the pool's hears of idle ones, the client's own of those
  // in use between two queries.
  pool.on('error', onLost);
  pool.on('connect', (client) => client.on('error', onLost));
  return new PostgresDialect({ pool });
}

const parserOf: typeof types.getTypeParser = (oid, format) =>
  oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format);
