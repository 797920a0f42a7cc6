import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type PostgresCluster } from '../../contract/support/postgres.ts';
import { SurvivalZone } from './zone.ts';

let database: PostgresCluster;
let zone: SurvivalZone;

beforeAll(async () => {
  database = await startPostgres();
  const env = { GUILDHALL_DATABASE_URL: await database.createDatabase() };
  zone = await SurvivalZone.start({ routers: 1, controllers: 1, env });
});
afterAll(async () => {
  await zone?.[Symbol.asyncDispose]();
  await database?.close();
});

test('the database of the cloud is killed: meetings go on, nobody restarts, and the portal is back with it', async () => {
  await zone.allReady();
  const before = await zone.pid('cloud');
  const gathering = await zone.gather();
  try {
    await gathering.upToTheLast();
    await database.kill();
    await gathering.talk('Without the database');
    await gathering.assertWhole();
    expect((await zone.owner.raw('GET', '/api/v1/meetings')).status).toBeGreaterThanOrEqual(500);
    await database.restart();
    await zone.allReady();
    const other = await zone.gather();
    other.close();
    await gathering.assertWhole();
    expect(await zone.pid('cloud')).toBe(before);
  } finally {
    gathering.close();
  }
});
