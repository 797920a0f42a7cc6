import { z } from 'zod';
import { ConsoleAuthority, ConsoleUserName, ServiceName } from './rest.ts';
import { Email, Password } from '../rest/portal.ts';
import { secret } from '../secret.ts';
import { EpochMs, HttpUrl, VersionText } from '../text.ts';

/** The part of a console's REST API by which a VM is kept running, under `/api/v1` on port 5480. */

export const ConsoleUser = z.strictObject({
  username: ConsoleUserName,
  authority: ConsoleAuthority,
  /** Somebody else chose the password; the next sign-in has to change it. */
  passwordChangeRequired: z.boolean(),
});
export type ConsoleUser = z.output<typeof ConsoleUser>;

/** `GET /users`. */
export const ConsoleUsers = z.strictObject({ users: z.array(ConsoleUser).max(100) });
/** `POST /users`. */
export const AddConsoleUserRequest = z.strictObject({
  username: ConsoleUserName,
  password: Password,
  authority: ConsoleAuthority,
});
/** `PUT /users/{username}`. */
export const ChangeConsoleUserRequest = z.strictObject({ authority: ConsoleAuthority });
/** `PUT /users/{username}/password`; ends every session of that user. */
export const ResetConsolePasswordRequest = z.strictObject({ newPassword: Password });

export const logSources = ['console', 'zctrl', 'mmr'] as const;
export const LogSource = z.enum(logSources);
export type LogSource = z.output<typeof LogSource>;
/** From the least to the most severe. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export const ConsoleLogLevel = z.enum(logLevels);

/** Query of `GET /logs` and `GET /logs/stream`. */
export const LogQuery = z.strictObject({
  source: LogSource.optional().describe('Default: all of them'),
  level: ConsoleLogLevel.default('trace').describe('Least severity; lines without one always pass'),
  text: z.string().max(100).default('').describe('Has to occur in the line; compared without regard to case'),
});
export const LogEntry = z.strictObject({
  source: LogSource,
  timeMs: EpochMs.nullable().describe('Null for what a process printed past its logger'),
  level: ConsoleLogLevel.nullable(),
  message: z.string().max(5_000).describe('Without control characters and without secrets'),
  facts: z.string().max(5_000).describe('What else the line tells, as JSON; empty when nothing'),
});
export type LogEntry = z.output<typeof LogEntry>;
/** `GET /logs`: the newest lines, the newest last. */
export const LogTail = z.strictObject({ entries: z.array(LogEntry).max(500) });
/** One event of `GET /logs/stream` (text/event-stream). */
export const LogEvent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('start'), entries: z.array(LogEntry).max(500) }),
  z.strictObject({ kind: z.literal('line'), entry: LogEntry }),
  z
    .strictObject({ kind: z.literal('dropped'), lines: z.int().min(1) })
    .describe('The reader was too slow for these'),
]);
export type LogEvent = z.output<typeof LogEvent>;

/** A name or an address a certificate is for; no wildcards. */
export const CertificateHost = z
  .string()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*|[0-9a-f:]+:[0-9a-f:.]*)$/iu,
    'must be a host name or an address',
  );
const CertificateHosts = z.array(CertificateHost).min(1).max(20);
const Pem = z.string().min(1).max(60_000);

export const CertificateInfo = z.strictObject({
  subject: z.string().max(500),
  issuer: z.string().max(500),
  hosts: z.array(z.string().max(253)).max(200),
  notBeforeMs: EpochMs,
  notAfterMs: EpochMs,
  fingerprint256: z.string().max(100).describe('SHA-256, as browsers show it'),
  keyType: z.string().max(40).describe('e.g. RSA 2048, EC P-256'),
  selfSigned: z.boolean(),
});
export type CertificateInfo = z.output<typeof CertificateInfo>;

/** `GET /certificates`; also what every change of them answers. */
export const ConsoleCertificates = z.strictObject({
  /** What was put here; null when the one of the configuration, or none, is used. */
  current: CertificateInfo.nullable(),
  source: z.enum(['upload', 'request', 'account', 'acme', 'configured', 'none']),
  installedAtMs: EpochMs.nullable(),
  /** False for plain HTTP on loopback: the certificate waits until the console is reached over a network. */
  consoleUsesIt: z.boolean(),
  /** Services that still run with the certificate before this one. */
  restartNeeded: z.array(ServiceName),
  request: z.strictObject({ csrPem: Pem, hosts: CertificateHosts, createdAtMs: EpochMs }).nullable(),
  /** Whether this node is paired and so has a certificate of the account's authority. */
  accountAvailable: z.boolean(),
  order: z.strictObject({
    state: z.enum(['none', 'running', 'done', 'failed']),
    hosts: z.array(CertificateHost).max(20),
    /** Why it failed, in words of the authority; empty otherwise. */
    reason: z.string().max(500),
    atMs: EpochMs.nullable(),
  }),
  /** For a certificate of ACME in use: its renewal, which happens by itself. */
  renewal: z
    .strictObject({
      nextAtMs: EpochMs.describe('When it is ordered anew, or tried again'),
      failures: z.int().min(0).describe('In a row, since the certificate in use was ordered'),
      reason: z.string().max(500).describe('Why the last try failed; empty without one'),
    })
    .nullable()
    .optional(),
});
export type ConsoleCertificates = z.output<typeof ConsoleCertificates>;

/** `PUT /certificates`. Without a key the one of the open request is used. */
export const UploadCertificateRequest = z.strictObject({
  certificatePem: Pem.describe('The certificate first, then the authorities that signed it'),
  keyPem: secret(Pem).optional(),
});
/** `POST /certificates/request`. */
export const CreateCertificateRequest = z.strictObject({ hosts: CertificateHosts });
/** `POST /certificates/order`: ACME (RFC 8555) with the challenge http-01. */
export const OrderCertificateRequest = z.strictObject({
  hosts: CertificateHosts,
  email: Email,
  directoryUrl: HttpUrl.default('https://acme-v02.api.letsencrypt.org/directory'),
  termsAgreed: z.literal(true, 'the terms of the authority have to be agreed to'),
});

export const selfTestChecks = [
  'dns',
  'cloud',
  'control',
  'tls',
  'clock',
  'controller',
  'router',
  'media',
  'services',
  'certificate',
  'disk',
] as const;
/** One check. The page has words for each `reason`: what is the cause, and what to do. */
export const SelfTestResult = z.strictObject({
  check: z.enum(selfTestChecks),
  state: z.enum(['running', 'ok', 'warn', 'fail', 'skipped']),
  reason: z.string().max(60).describe('Key of the words; empty while it runs'),
  values: z.record(z.string(), z.string().max(300)).describe('For the places in the words'),
});
export type SelfTestResult = z.output<typeof SelfTestResult>;
/** `GET /self-test`, and what `POST /self-test` (begin) answers. */
export const SelfTestState = z.strictObject({
  startedAtMs: EpochMs.nullable().describe('Null before the first run since the console started'),
  finishedAtMs: EpochMs.nullable(),
  results: z.array(SelfTestResult).max(selfTestChecks.length),
});
export type SelfTestState = z.output<typeof SelfTestState>;

/**
 * The way to another version: the console restarts itself, then each service, then looks whether they are healthy; else
 * everything goes back. What did not run before is not in `services` and not started.
 */
export const UpdateRestart = z.strictObject({
  version: VersionText,
  before: VersionText,
  state: z.enum(['running', 'waiting', 'done', 'going-back', 'rolled-back', 'interrupted']),
  /** What is being done; everything before it in this order is done. */
  step: z.enum(['console', 'zctrl', 'mmr', 'health']),
  services: z.array(ServiceName),
  startedAtMs: EpochMs,
  finishedAtMs: EpochMs.nullable(),
  /** Why it went back; null otherwise. */
  reason: z.enum(['ended', 'silent', 'zctrl', 'mmr']).nullable(),
  /** Of the router that is waited for; 0 otherwise. */
  meetings: z.int().min(0),
  participants: z.int().min(0),
});
export type UpdateRestart = z.output<typeof UpdateRestart>;

/** `GET /updates`, and what every change of them answers. */
export const ConsoleUpdates = z.strictObject({
  /** False where the product was not installed by bundles (evaluation from a clone): updates then come by git. */
  managed: z.boolean(),
  running: VersionText,
  /** The version the next start of the console takes; null when not managed. */
  current: VersionText.nullable(),
  installed: z.array(VersionText).max(100),
  receivedBytes: z.int().min(0).describe('Of a bundle that is being uploaded'),
  /** Whether the console restarts itself into a version that is installed or switched to; else its next start takes it. */
  restarts: z.boolean().optional(),
  /** The last restart into another version, or the one that is under way. */
  restart: UpdateRestart.nullable().optional(),
});
export type ConsoleUpdates = z.output<typeof ConsoleUpdates>;
/** Query of `PUT /updates/upload`: where the part (application/octet-stream, at most 4 MiB) begins. 0 begins anew. */
export const UploadPartQuery = z.strictObject({ offset: z.coerce.number().int().min(0) });
/** `POST /updates/activate`: switches to a version that is installed, also an older one. */
export const ActivateVersionRequest = z.strictObject({ version: VersionText });
/** `POST /updates/restart-now`: the router that is waited for is restarted although people meet on it. */
export const RestartNowRequest = z.strictObject({ confirmed: z.literal(true) });
