import type { SqliteMigration } from '@guildhall/kit';

export const migrations: readonly SqliteMigration[] = [
  {
    name: 'users and services',
    sql: `
      CREATE TABLE users (
        username TEXT PRIMARY KEY,
        password_hash TEXT NOT NULL,
        authority TEXT NOT NULL CHECK (authority IN ('operate', 'view')),
        password_change_required INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE services (
        name TEXT PRIMARY KEY,
        wanted TEXT NOT NULL CHECK (wanted IN ('running', 'stopped'))
      ) STRICT;`,
  },
  {
    name: 'what runs',
    sql: `CREATE TABLE service_memory (name TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;`,
  },
];
