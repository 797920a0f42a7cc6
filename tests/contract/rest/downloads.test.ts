import { DownloadList } from '@guildhall/protocol';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPerson, signedIn, startCloud, type Person, type TestCloud } from './cloud.ts';

let cloud: TestCloud;
let boss: Person;
const directory = mkdtempSync(join(tmpdir(), 'guildhall-downloads-'));
const image = Buffer.alloc(200_000, 'guildhall');
const imageName = 'guildhall-controller-1.4.0.ova';

beforeAll(async () => {
  writeFileSync(join(directory, imageName), image);
  writeFileSync(join(directory, 'guildhall_2.0.0-rc.1_amd64.deb'), 'deb');
  writeFileSync(join(directory, 'empty.tar.gz'), '');
  const told = { kind: 'container', version: '9.9.9', steps: ['Load it.', 'Run it.'] };
  writeFileSync(join(directory, 'empty.tar.gz.json'), JSON.stringify(told));
  writeFileSync(join(directory, '.hidden'), 'secret');
  writeFileSync(join(directory, 'with space"\n.ova'), 'odd');
  mkdirSync(join(directory, 'folder.ova'));
  symlinkSync('/etc/passwd', join(directory, 'passwd.ova'));
  cloud = await startCloud({ config: { downloadsDir: directory } });
  boss = await signedIn(cloud);
});
afterAll(async () => {
  await cloud.close();
  rmSync(directory, { recursive: true, force: true });
});

const list = async () =>
  (await boss.call('GET', '/api/v1/connector/downloads')).parse(DownloadList).downloads;
const entry = async (name: string) => (await list()).find((one) => one.name === name);
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

test('the folder is listed with kind, version, size and, once read, the digest', async () => {
  const known = (await list()).map(({ name, kind, version }) => `${name} ${kind} ${version}`);
  expect(known.toSorted((a, b) => a.localeCompare(b))).toEqual([
    'empty.tar.gz container 9.9.9',
    'guildhall_2.0.0-rc.1_amd64.deb package 2.0.0-rc.1',
    `${imageName} appliance 1.4.0`,
  ]);
  await expect.poll(async () => (await entry(imageName))?.sha256).toBe(sha256(image));
  expect(await entry('empty.tar.gz')).toMatchObject({ sizeBytes: 0, steps: ['Load it.', 'Run it.'] });
  await expect.poll(async () => (await entry('empty.tar.gz'))?.sha256).toBe(sha256(Buffer.alloc(0)));
  appendFileSync(join(directory, imageName), 'more');
  await expect
    .poll(async () => (await entry(imageName))?.sha256)
    .toBe(sha256(Buffer.concat([image, Buffer.from('more')])));
});

test('a file is sent whole, as an attachment; an empty one too', async () => {
  const headers = { cookie: boss.cookie ?? '' };
  const response = await fetch(`${cloud.url}/api/v1/connector/downloads/${imageName}`, { headers });
  const body = Buffer.from(await response.arrayBuffer());
  expect(response.status).toBe(200);
  expect(sha256(body)).toBe((await entry(imageName))?.sha256);
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${imageName}"`);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  const empty = await boss.call('GET', '/api/v1/connector/downloads/empty.tar.gz');
  expect([empty.status, empty.text]).toEqual([200, '']);
});

test.each([
  '..%2fcloud.sqlite',
  '%2e%2e',
  '..%5cx',
  '.hidden',
  'passwd.ova',
  'folder.ova',
  'empty.tar.gz.json',
  'missing.ova',
  'x%00.ova',
])('%s is not on offer', async (name) => {
  const answer = await boss.call('GET', `/api/v1/connector/downloads/${name}`);
  expect([answer.status, answer.code]).toEqual([404, 'not-found']);
});

test('downloads are for administrators; without a folder the list says so', async () => {
  const member = await addPerson(boss);
  for (const path of ['', `/${imageName}`])
    expect((await member.call('GET', `/api/v1/connector/downloads${path}`)).code).toBe('auth.forbidden');
  await using bare = await startCloud();
  const admin = await signedIn(bare);
  const answer = await admin.call('GET', '/api/v1/connector/downloads');
  expect(answer.parse(DownloadList)).toEqual({ configured: false, downloads: [] });
});
