import type { SqliteMigration } from '@guildhall/kit';

/**
 * The controller's disk: the last policy, epochs and checkpoints of meetings, and the outbox. Everything else is soft
 * state that the routers report.
 */
export const migrations: readonly SqliteMigration[] = [
  {
    name: 'policy, meetings and outbox',
    sql: `
      CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE meetings (
        meeting_id TEXT PRIMARY KEY,
        epoch INTEGER NOT NULL,
        checkpoint_epoch INTEGER,
        checkpoint_rev INTEGER,
        checkpoint TEXT,
        end_epoch INTEGER,
        end_reason TEXT,
        ended_on_purpose_at_ms INTEGER,
        touched_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        event TEXT NOT NULL
      ) STRICT;
      CREATE TABLE outbox_batches (batch_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT;
      CREATE INDEX outbox_batches_by_time ON outbox_batches (at_ms);`,
  },
  {
    name: 'copies of meetings that wait to be merged',
    sql: `
      CREATE TABLE leftovers (
        meeting_id TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        checkpoint TEXT NOT NULL,
        PRIMARY KEY (meeting_id, epoch)
      ) STRICT;`,
  },
];
