import { Meeting } from '@guildhall/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedIn, startCloud, Person, type TestCloud } from './cloud.ts';
import { openGateway } from './node.ts';

let cloud: TestCloud;
let boss: Person;
beforeAll(async () => {
  cloud = await startCloud({ config: { gatewayPort: 0 } });
  boss = await signedIn(cloud);
});
afterAll(() => cloud.close());

const create = async (): Promise<Meeting> => (await boss.call('POST', '/api/v1/meetings', {})).parse(Meeting);

describe('the gateway', () => {
  test('is for pages of this portal of people who are signed in', async () => {
    await expect(openGateway(cloud, boss, { origin: 'https://evil.example' })).rejects.toMatchObject({
      code: 'request.cross-site',
    });
    const nobody = new Person(cloud.url);
    nobody.cookie = 'guildhall_session=forged';
    await expect(openGateway(cloud, nobody)).rejects.toMatchObject({
      code: 'auth.required',
      details: { status: 401 },
    });
  });

  test('tells other pages that the list changed, and closes when the session ends', async () => {
    const person = await signedIn(cloud);
    const page = await openGateway(cloud, person);
    const changed = new Promise((resolve) => void page.on('meetings.changed', resolve));
    await page.request('hello', { protocol: 1, features: [] });
    await create();
    expect(await changed).toEqual({});
    await person.call('DELETE', '/api/v1/session');
    expect((await page.closed).code).toBe(4401);
  });
});
