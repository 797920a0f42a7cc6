import { join } from 'node:path';
import { proxyConfig } from '@guildhall/kit/outbound';
import { Password } from '@guildhall/protocol';
import { z } from 'zod';

const tcpPort = z.int().min(0).max(65_535);
const appsDir = join(import.meta.dirname, '..', '..');

/** Every key of the console; docs/config.md is generated from here. */
const leastMemoryMb = 64;
/**
 * A limit of V8's heap and not of a cgroup: it needs no rights, so it holds in a container and without systemd too.
 * Below the least a service could not even start.
 */
const memoryMaxMb = z
  .int()
  .min(0)
  .max(1024 * 1024)
  .refine((limitMb) => limitMb === 0 || limitMb >= leastMemoryMb, `0 or at least ${leastMemoryMb}`)
  .default(0);

export const configSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .default('127.0.0.1')
    .describe('Address to listen on; anything but loopback needs tlsCertFile'),
  port: tcpPort.default(5480).describe('TCP port of the console pages and their API; 0 takes any free one'),
  publicHosts: z
    .array(z.string().min(1).max(253))
    .max(20)
    .default([])
    .describe(
      'Names and addresses people use for this console besides loopback; other Host headers are refused',
    ),
  dataDir: z
    .string()
    .min(1)
    .default('./data/console')
    .describe('Directory of the store and the first password'),
  identityFile: z
    .string()
    .min(1)
    .default('./data/node/identity.json')
    .describe('The node’s identity, written when it is paired; zctrl and mmr read it'),
  logDir: z.string().min(1).default('./data/logs').describe('Directory of the logs of zctrl and mmr'),
  runDir: z
    .string()
    .min(1)
    .default('./data/run')
    .describe('Directory of the run files by which the processes of this machine find each other'),
  pagesDir: z
    .string()
    .min(1)
    .default(join(appsDir, 'console-ui', 'dist'))
    .describe('Directory of the built pages. Default: apps/console-ui/dist of the installation'),
  tlsCertFile: z.string().min(1).optional().describe('PEM certificate chain of the console'),
  tlsKeyFile: z.string().min(1).optional().describe('PEM private key of tlsCertFile'),
  installDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Directory with versions/<version> and the link current, where signed update bundles are unpacked. Default: none, updates come by other ways',
    ),
  releaseKeys: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{43}$/u, 'must be an Ed25519 public key in base64url'))
    .max(5)
    .default([])
    .describe('Public keys (Ed25519, base64url, as `x` of a JWK) of those who may sign update bundles'),
  maxBundleMiB: z.int().min(1).max(4_096).default(512).describe('Largest update bundle, in MiB'),
  acmePort: tcpPort
    .default(80)
    .describe(
      'Port on which the challenges of a certificate order (ACME, http-01) are answered meanwhile; the authority asks on 80',
    ),
  controlCaFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of a further authority to trust when pairing with the cloud'),
  ...proxyConfig,
  proxy: proxyConfig.proxy.describe(
    'HTTP proxy through which the cloud is reached, `http://name:port`; the one set under Network, Address wins. Default: directly',
  ),
  initialPassword: Password.optional()
    .meta({ sensitivity: 'secret' })
    .describe('First password of admin. Default: a random one, written to <dataDir>/initial-password'),
  initialPasswordFinal: z
    .boolean()
    .default(false)
    .describe('Whether the first password may stay; else the first sign-in has to change it'),
  zctrlCommand: z
    .array(z.string().min(1))
    .min(1)
    .max(20)
    .default([join(appsDir, 'zctrl', 'src', 'main.ts')])
    .describe('Script and arguments of the zone controller, run by this very Node. Default: apps/zctrl'),
  mmrCommand: z
    .array(z.string().min(1))
    .min(1)
    .max(20)
    .default([join(appsDir, 'mmr', 'src', 'main.ts')])
    .describe('Script and arguments of the multimedia router, run by this very Node. Default: apps/mmr'),
  zctrlMemoryMaxMb: memoryMaxMb.describe(
    'Most memory of the zone controller, MiB of its heap; 0 is no limit',
  ),
  mmrMemoryMaxMb: memoryMaxMb.describe(
    'Most memory of the multimedia router, MiB of its heap; 0 is no limit. The media workers are not counted',
  ),
  zctrlMemoryTotalMb: memoryMaxMb.describe(
    'Most memory of the zone controller as a whole, MiB, by a cgroup v2 that the console may write; 0 is no limit',
  ),
  mmrMemoryTotalMb: memoryMaxMb.describe(
    'Most memory of the multimedia router with its media workers, MiB, by a cgroup v2 that the console may write; 0 is no limit',
  ),
  networkManaged: z
    .boolean()
    .default(false)
    .describe('Whether the console may change the addresses of this machine; true on a connector VM'),
  networkInterface: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,11}$/u)
    .default('eth0')
    .describe('The interface that the network pages call eth0'),
  networkRoot: z
    .string()
    .min(1)
    .default('/')
    .describe('Directory below which the network helper writes etc/hosts, etc/resolv.conf and the like'),
  networkHelperCommand: z
    .array(z.string().min(1))
    .max(10)
    .default([])
    .describe(
      'Program and first arguments by which the network helper is run, where it needs more rights than the console. Default: the helper of the installation, run by this very Node',
    ),
  adminPort: tcpPort
    .default(0)
    .describe('Loopback port of /healthz, /readyz, /metrics and /debug/state; 0 takes any free one'),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severity that is logged'),
});
export type Config = z.output<typeof configSchema>;
