import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const secret = <T extends z.ZodType>(schema: T): T => schema.meta({ sensitivity: 'secret' });

export const roleNames = ['web', 'gateway', 'control', 'monitor'] as const;

/** Every key of the cloud; `GUILDHALL_CLOUD_<KEY>` over the YAML file over the default. */
export const configSchema = z.strictObject({
  roles: z
    .array(z.enum(roleNames))
    .min(1)
    .default([...roleNames])
    .describe(
      'What this process does: web (portal and REST API), gateway (notices to people), control (connectors), monitor (measurements and events over time)',
    ),
  host: z
    .string()
    .min(1)
    .max(255)
    .default('127.0.0.1')
    .describe('Address to listen on; anything but loopback needs TLS'),
  port: port.default(8080).describe('Port of the portal, the API, /gateway and /control'),
  gatewayPort: port.optional().describe('A second port for /gateway, e.g. 8804; default none'),
  controlPort: port.optional().describe('A second port for /control and enrolment, e.g. 8803; default none'),
  adminPort: port
    .default(0)
    .describe('Loopback port of /healthz, /readyz, /metrics and /debug/state; 0 takes any free one'),
  publicUrl: z
    .url({ protocol: /^https?$/u })
    .max(200)
    .optional()
    .describe(
      'Where people reach the portal; join links begin with it. Default http(s)://localhost and the port',
    ),
  dataDir: z
    .string()
    .min(1)
    .default('./data/cloud')
    .describe('Folder of the SQLite database; not used with a database URL'),
  databaseUrl: secret(
    z.string().regex(/^postgres(ql)?:\/\//u, 'must begin with postgres:// or postgresql://'),
  )
    .meta({ sensitivity: 'secret', env: 'GUILDHALL_DATABASE_URL' })
    .optional()
    .describe('PostgreSQL instead of SQLite'),
  tls: z
    .strictObject({
      certFile: z.string().min(1).optional().describe('PEM of the certificate and its chain'),
      keyFile: z.string().min(1).optional().describe('PEM of the private key'),
    })
    .default({})
    .describe('Serve HTTPS with this certificate'),
  authorityDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder with authority.crt and authority.key: the certificate authority of the first account. Default: a new one',
    ),
  pagesDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder that holds portal/dist and meet/dist. Default: apps of this repository'),
  downloadsDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder with the connector’s appliance images, packages and containers, offered to administrators in the portal',
    ),
  ownerEmail: z
    .string()
    .meta({ env: 'GUILDHALL_OWNER_EMAIL' })
    .optional()
    .describe('E-mail address of the first owner; used once, when the database is empty'),
  ownerPassword: secret(z.string().min(1).max(256))
    .meta({ sensitivity: 'secret', env: 'GUILDHALL_OWNER_PASSWORD' })
    .optional()
    .describe('Password of the first owner; used once, when the database is empty'),
  runDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder in which this process says that it runs (cloud.json). Default: nowhere'),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
    .default('info')
    .describe('How much is logged'),
  limits: z
    .strictObject({
      participantsPerRouter: z
        .int()
        .min(1)
        .max(100_000)
        .default(200)
        .describe('People one multimedia router may hold'),
      meetingsPerRouter: z
        .int()
        .min(1)
        .max(10_000)
        .default(100)
        .describe('Meetings one multimedia router may hold'),
    })
    .default({ participantsPerRouter: 200, meetingsPerRouter: 100 })
    .describe('Of zones that set none of their own in the portal; sent with the policy'),
  passDays: z
    .int()
    .min(0)
    .max(30)
    .default(7)
    .describe(
      'Days for which a member may start and join known meetings while the cloud does not answer; 0 turns this off',
    ),
  vanishedZoneMinutes: z
    .int()
    .min(1)
    .max(10_080)
    .default(60)
    .describe(
      'Minutes without a word of any controller of a zone after which its meetings are shown as ended; they are shown as running again when the zone is back and still has them',
    ),
  mail: z
    .strictObject({
      host: z.string().min(1).max(255).optional().describe('SMTP server; without it no e-mail is sent'),
      port: port.default(587).describe('Its port'),
      security: z
        .enum(['starttls', 'tls', 'none'])
        .default('starttls')
        .describe('starttls (587), tls (465), or none for a server on this machine'),
      user: z.string().min(1).max(255).optional().describe('Sign-in name; none when not set'),
      password: secret(z.string().min(1).max(255)).optional().describe('Password of that name'),
      from: z.string().min(3).max(255).optional().describe('Sender of alerts; default guildhall@<host>'),
    })
    .default({ port: 587, security: 'starttls' })
    .describe('E-mail for alerts'),
});
export type Config = z.output<typeof configSchema>;
