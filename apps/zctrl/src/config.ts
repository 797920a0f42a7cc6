import { proxyConfig } from '@guildhall/kit/outbound';
import { z } from 'zod';

const tcpPort = z.int().min(0).max(65_535);

/** Every key of the zone controller; docs/config.md is generated from here. */
export const configSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .default('127.0.0.1')
    .describe('Address to listen on for browsers and routers; anything but loopback needs `tls`'),
  port: tcpPort.default(8802).describe('TCP port for browsers and routers; 0 takes any free one'),
  publicUrls: z
    .array(z.url({ protocol: /^https?$/u }).max(300))
    .max(8)
    .default([])
    .describe(
      'Where browsers reach this controller, inside addresses first. Default: http(s)://localhost and the port',
    ),
  peers: z
    .array(z.url({ protocol: /^wss?$/u }).max(300))
    .max(8)
    .default([])
    .describe(
      'Where the other zone controller answers, as ws(s)://host:port/v1/pair. Default: as the policy says',
    ),
  peerServerName: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .describe('Name the certificate of the other controller carries when it is not the one in its address'),
  identityFile: z
    .string()
    .min(1)
    .default('./data/node/identity.json')
    .describe('The node’s identity, written by the console when it is paired'),
  dataDir: z
    .string()
    .min(1)
    .default('./data/zctrl')
    .describe('Directory of the store: policy, checkpoints, outbox'),
  controlUrl: z
    .url({ protocol: /^https?$/u })
    .max(300)
    .optional()
    .describe('Where the cloud controller answers. Default: as paired (in the identity)'),
  controlCaFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of a further authority to trust for the cloud controller'),
  ...proxyConfig,
  tlsCertFile: z.string().min(1).optional().describe('PEM certificate chain for browsers and routers'),
  tlsKeyFile: z.string().min(1).optional().describe('PEM private key of tlsCertFile'),
  outboxMaxEvents: z
    .int()
    .min(1_000)
    .max(10_000_000)
    .default(200_000)
    .describe(
      'Events of meetings kept for the cloud while it is away; beyond this the oldest go and are counted',
    ),
  outboxMaxMegabytes: z
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('Megabytes of such events; beyond this the oldest go and are counted'),
  adminPort: tcpPort
    .default(0)
    .describe('Loopback port of /healthz, /readyz, /metrics and /debug/state; 0 takes any free one'),
  runDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Directory of the run file by which other programs find this process. Default: none is written',
    ),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severity that is logged'),
});
export type Config = z.output<typeof configSchema>;
