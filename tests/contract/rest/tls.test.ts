import { systemClock } from '@guildhall/kit';
import { createAuthority, createServerCertificate } from '@guildhall/kit/tls';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { owner, startCloud } from './cloud.ts';

test('over TLS the cookie is bound to this host and the pages may reach TLS addresses only', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'guildhall-tls-'));
  const authority = await createAuthority({ commonName: 'Test', clock: systemClock });
  const { certPem, keyPem } = await createServerCertificate({
    authority,
    hosts: ['localhost'],
    clock: systemClock,
  });
  const tls = { certFile: join(directory, 'server.crt'), keyFile: join(directory, 'server.key') };
  writeFileSync(tls.certFile, certPem);
  writeFileSync(tls.keyFile, keyPem);
  try {
    await using cloud = await startCloud({ config: { tls, host: '0.0.0.0' } });
    expect(cloud.url).toMatch(/^https:\/\/localhost:\d+$/u);
    const headers = await signInOver(`${cloud.url}/api/v1/session`, authority.certPem);
    expect(headers['set-cookie']?.[0]).toMatch(
      /^__Host-guildhall_session=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/u,
    );
    expect(headers['strict-transport-security']).toBeDefined();
    expect(headers['content-security-policy']).toContain("connect-src 'self' https: wss:;");
    // Plain HTTP on the TLS port gets no banner.
    await expect(fetch(cloud.url.replace('https', 'http'))).rejects.toThrow('fetch failed');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

function signInOver(url: string, ca: string): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      { method: 'POST', ca, headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.headers));
      },
    );
    sending.on('error', reject);
    sending.end(JSON.stringify(owner));
  });
}
