import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { listen } from '@guildhall/kit';
import type { Outbound } from '@guildhall/kit/outbound';
import type { CertificateFiles } from './files.ts';

interface OrderOptions {
  readonly directoryUrl: string;
  readonly email: string;
  readonly hosts: readonly string[];
  readonly files: CertificateFiles;
  /** Where the authority looks for the answer to its challenge: port 80 (RFC 8555 §8.3), unless something in front forwards it. */
  readonly challenge: { readonly host: string; readonly port: number };
  readonly outbound: Outbound;
}

const challengePath = '/.well-known/acme-challenge/';

/**
 * Orders a certificate by ACME (RFC 8555), proving by http-01 that the names are ours. The small web server for that
 * runs only meanwhile and answers nothing but the challenges of this order.
 */
export async function orderCertificate(options: OrderOptions): Promise<{ certPem: string; keyPem: string }> {
  const { directoryUrl, email, hosts, files, challenge, outbound } = options;
  // Loaded when somebody orders one: it brings an HTTP client of its own.
  const acme = await import('acme-client');
  // The library's one client for everything; it would else read HTTP_PROXY of the environment, which is not ours to set.
  const agent = outbound.agentFor(new URL(directoryUrl));
  Object.assign(acme.axios.defaults, { proxy: false, httpAgent: agent, httpsAgent: agent });
  if (!existsSync(files.accountKeyPath)) {
    await files.writeAccountKey((await acme.crypto.createPrivateEcdsaKey()).toString());
  }
  const accountKey = await readFile(files.accountKeyPath, 'utf8');
  const [key, csr] = await acme.crypto.createCsr(
    { altNames: [...hosts] },
    await acme.crypto.createPrivateEcdsaKey('P-256'),
  );
  const answers = new Map<string, string>();
  const server = challengeServer(answers);
  await listen(server, { ...challenge, variable: 'GUILDHALL_CONSOLE_ACME_PORT' });
  try {
    const client = new acme.Client({ directoryUrl, accountKey });
    const certPem = await client.auto({
      csr,
      email,
      termsOfServiceAgreed: true,
      challengePriority: ['http-01'],
      // Asking ourselves under our public name fails behind many NATs; the authority asks from outside anyway.
      skipChallengeVerification: true,
      challengeCreateFn: async (_authorization, { token }, keyAuthorization) => {
        answers.set(token, keyAuthorization);
      },
      challengeRemoveFn: async (_authorization, { token }) => {
        answers.delete(token);
      },
    });
    return { certPem, keyPem: key.toString() };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function challengeServer(answers: ReadonlyMap<string, string>): Server {
  return createServer({ requestTimeout: 10_000, maxHeaderSize: 8_192 }, (request, response) => {
    const path = request.url ?? '';
    const answer = path.startsWith(challengePath) ? answers.get(path.slice(challengePath.length)) : undefined;
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/octet-stream' });
    response.end(answer);
  });
}
