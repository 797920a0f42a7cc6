import { z } from 'zod';
import { isBypassEntry } from './bypass.ts';
import type { ProxySettings } from './outbound.ts';

const proxyUrl = z
  .url({ protocol: /^http$/u })
  .max(300)
  .refine((text) => {
    const { username, password, pathname, search, hash } = new URL(text);
    return username === '' && password === '' && pathname === '/' && search === '' && hash === '';
  }, 'must be http://name:port alone; user name and password go into proxyCredentials');

/** The keys of every process that dials the cloud. */
export const proxyConfig = {
  proxy: proxyUrl
    .optional()
    .describe('HTTP proxy through which the cloud is reached, `http://name:port`. Default: directly'),
  proxyCredentials: z
    .string()
    // oxlint-disable-next-line no-control-regex -- control characters are what must not end in a header
    .regex(/^[^:\x00-\x1f\x7f]+:[^\x00-\x1f\x7f]*$/u, 'must be user:password')
    .max(500)
    .optional()
    .meta({ sensitivity: 'secret' })
    .describe('User and password for the proxy, `user:password` (Basic)'),
  noProxy: z
    .array(z.string().max(253).refine(isBypassEntry, 'must be a name, an address or a subnet'))
    .max(50)
    .default([])
    .describe(
      'Names (with all below them), addresses and subnets reached without the proxy; loopback and private networks always are',
    ),
} as const;

interface ProxyConfig {
  readonly proxy?: string | undefined;
  readonly proxyCredentials?: string | undefined;
  readonly noProxy: readonly string[];
}

/** The settings in a process's configuration; undefined without a proxy. */
export function proxyOf({ proxy, proxyCredentials, noProxy }: ProxyConfig): ProxySettings | undefined {
  if (proxy === undefined) return undefined;
  return { url: proxy.replace(/\/$/u, ''), credentials: proxyCredentials, bypass: noProxy };
}
