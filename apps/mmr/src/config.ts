import { z } from 'zod';

const tcpPort = z.int().min(0).max(65_535);
const durationMs = z.int().min(0).max(86_400_000);

/** Every key of the multimedia router; docs/config.md is generated from here. */
export const configSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .default('127.0.0.1')
    .describe('Address to listen on for the signalling of browsers; anything but loopback needs TLS'),
  port: tcpPort.default(8443).describe('TCP port of the signalling; 0 takes any free one'),
  signallingUrls: z
    .array(z.url({ protocol: /^wss?$/u }).max(300))
    .max(8)
    .default([])
    .describe(
      'Where browsers reach the signalling, inside addresses first. Default: ws(s)://localhost, the port and /v1/meeting',
    ),
  controllers: z
    .array(z.url({ protocol: /^wss?$/u }).max(300))
    .max(8)
    .default(['ws://127.0.0.1:8802/v1/router'])
    .describe(
      'The zone controllers to serve, each as the address of its link for routers. Others of the zone are learned from them',
    ),
  controllerServerName: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .describe(
      'Name the certificates of the controllers carry when it is not the one in their address; of learned ones too',
    ),
  identityFile: z
    .string()
    .min(1)
    .default('./data/node/identity.json')
    .describe('The node’s identity, written by the console when it is paired'),
  dataDir: z
    .string()
    .min(1)
    .default('./data/mmr')
    .describe('Directory of this process’s own files: the controllers it was told of'),
  mediaPort: tcpPort
    .default(8801)
    .meta({ env: 'GUILDHALL_MEDIA_PORT' })
    .describe('UDP port of the first media worker, one more for each further one; 0 takes any free ones'),
  iceTcpPort: tcpPort
    .default(8811)
    .describe('TCP port for media where UDP is blocked, counted like mediaPort; 0 takes any free ones'),
  mediaListenIp: z
    .string()
    .min(2)
    .max(45)
    .default('127.0.0.1')
    .describe('Address of this machine on which media arrives; 0.0.0.0 needs mediaAnnounced'),
  mediaAnnounced: z
    .array(z.string().min(1).max(253))
    .max(8)
    .default([])
    .describe('Addresses or names under which browsers reach mediaListenIp, inside ones first'),
  pipePortMin: tcpPort
    .default(8821)
    .describe(
      'First UDP port of the encrypted pipes between the routers of one large meeting; 0 takes any free ones',
    ),
  pipePortMax: tcpPort
    .default(8920)
    .describe('Last UDP port of the pipes; each router of a large meeting takes one on either side'),
  pipeAddress: z
    .union([z.ipv4(), z.ipv6()])
    .optional()
    .describe(
      'Address under which other routers of the zone reach this one. Default: the first number in mediaAnnounced, else mediaListenIp',
    ),
  workers: z.int().min(0).max(64).default(0).describe('Media workers; 0 takes one for each core'),
  workerBin: z
    .string()
    .min(1)
    .optional()
    .meta({ env: 'MEDIASOUP_WORKER_BIN' })
    .describe('Path of the media worker. Default: the one of the mediasoup package'),
  tlsCertFile: z.string().min(1).optional().describe('PEM certificate chain of the signalling'),
  tlsKeyFile: z.string().min(1).optional().describe('PEM private key of tlsCertFile'),
  loopbackOrigins: z
    .boolean()
    .default(true)
    .describe('Whether pages served from this machine may use a signalling that listens on loopback'),
  refuseFromCpu: z
    .number()
    .min(0.1)
    .max(1)
    .default(0.85)
    .describe(
      'Share of a core from which on the busiest media worker keeps the router from taking anybody new; again below four fifths of it',
    ),
  refuseFromLoopDelayMs: z
    .int()
    .min(5)
    .max(60_000)
    .default(150)
    .describe('The same for how late, on average, the router gets to its own work'),
  slotsAbove: z
    .int()
    .min(0)
    .max(1_000)
    .default(12)
    .describe(
      'Meetings with more people than this are heard through speaker slots; with fewer than three quarters of it each hears each again',
    ),
  speakerSlots: z
    .int()
    .min(3)
    .max(5)
    .default(4)
    .describe('How many voices are heard at once in a meeting with speaker slots'),
  reconnectGraceMs: durationMs
    .default(30_000)
    .describe('How long somebody whose connection was lost keeps the place in the meeting'),
  restoreGraceMs: durationMs
    .default(60_000)
    .describe('How long places are kept after a meeting was opened from a checkpoint'),
  emptyGraceMs: durationMs.default(60_000).describe('How long a meeting without anybody stays open'),
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
