import { join } from 'node:path';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import { Accounts } from './accounts.ts';
import { AlertStore } from './alerts.ts';
import { Audit } from './audit.ts';
import { Claims } from './claims.ts';
import { Connectors } from './connector.ts';
import { Events } from './events.ts';
import { guardDialect } from './guard.ts';
import { History } from './history.ts';
import { Hosting } from './hosting.ts';
import { SigningKeys } from './keys.ts';
import { Meetings } from './meetings.ts';
import { migrate } from './migrations.ts';
import { Monitored } from './monitored.ts';
import { Passes } from './passes.ts';
import type { Store } from './port.ts';
import { postgresDialect } from './postgres.ts';
import { Samples } from './samples.ts';
import type { Tables } from './schema.ts';
import { Sessions } from './sessions.ts';
import { sqliteDialect } from './sqlite.ts';
import { Users } from './users.ts';
import { Zones } from './zones.ts';

export type { Store } from './port.ts';

export interface StoreOptions {
  /** `postgres://…` or `postgresql://…`; without it SQLite in `<dataDir>/cloud.sqlite`. Sensitive. */
  readonly databaseUrl?: string | undefined;
  readonly dataDir: string;
  readonly newRunId: () => string;
  /** Told when an idle connection is lost; the next query makes a new one. */
  readonly onConnectionLost?: ((error: Error) => void) | undefined;
}

/**
 * Opens the database and brings it to this version's schema.
 * @throws GuildhallError store.unavailable, or Error when it was written by a newer version
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const dialect =
    options.databaseUrl === undefined
      ? sqliteDialect(join(options.dataDir, 'cloud.sqlite'))
      : postgresDialect(options.databaseUrl, options.onConnectionLost ?? (() => undefined));
  const db = new Kysely<Tables>({ dialect: guardDialect(dialect), plugins: [new CamelCasePlugin()] });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return storeOver(db, options, () => (closing ??= db.destroy()));
}

function storeOver(db: Kysely<Tables>, options: StoreOptions, close: () => Promise<void>): Store {
  return {
    accounts: new Accounts(db),
    users: new Users(db),
    sessions: new Sessions(db),
    meetings: new Meetings(db),
    connectors: new Connectors(db),
    hosting: new Hosting(db),
    zones: new Zones(db),
    claims: new Claims(db),
    keys: new SigningKeys(db),
    history: new History(db, options.newRunId),
    audit: new Audit(db),
    passes: new Passes(db),
    samples: new Samples(db),
    events: new Events(db),
    monitored: new Monitored(db),
    alerts: new AlertStore(db),
    alone: (work) =>
      db.transaction().execute(async (trx) => {
        await trx
          .updateTable('installation')
          .set((e) => ({ lockSeq: e('lockSeq', '+', 1) }))
          .execute();
        return work(storeOver(trx, options, () => Promise.resolve()));
      }),
    ping: async () => {
      await sql`select 1`.execute(db);
    },
    close,
  };
}
