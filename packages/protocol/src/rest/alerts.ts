import { z } from 'zod';
import { secret } from '../secret.ts';
import { EpochMs, lineText, VersionText } from '../text.ts';
import { Email } from './portal.ts';

/** `/api/v1/connector/monitoring/alerts`: when somebody is told, and how. Owners and administrators. */

const AlertId = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[a-f0-9]{32}$`, 'u'), `must be an id that begins with ${prefix}_`);
export const AlertRuleId = AlertId('alr');
export const AlertTargetId = AlertId('alt');

/** What a rule watches, with its limit. */
export const AlertCondition = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('node-gone'),
    minutes: z.int().min(1).max(1_440).describe('A controller or router is away for longer than this'),
  }),
  z.strictObject({
    kind: z.literal('version-below'),
    version: VersionText.describe('A controller or router is older than this'),
  }),
  z.strictObject({
    kind: z.literal('capacity-above'),
    percent: z.int().min(1).max(100).describe('Of a router: people, meetings, or CPU, whichever is highest'),
  }),
  z.strictObject({
    kind: z.literal('certificate-expires'),
    days: z
      .int()
      .min(1)
      .max(365)
      .describe('A controller’s, a router’s or the account authority’s certificate ends sooner'),
  }),
  z.strictObject({
    kind: z.literal('quality-below'),
    mos: z.number().min(1).max(4.5).describe('Mean call quality of a zone, for two minutes'),
  }),
]);
export type AlertCondition = z.output<typeof AlertCondition>;
export const alertKinds = [
  'node-gone',
  'version-below',
  'capacity-above',
  'certificate-expires',
  'quality-below',
] as const satisfies readonly AlertCondition['kind'][];

export const AlertRule = z.strictObject({
  ruleId: AlertRuleId,
  condition: AlertCondition,
  enabled: z.boolean(),
  firing: z.array(z.strictObject({ label: z.string(), sinceMs: EpochMs })),
});
export type AlertRule = z.output<typeof AlertRule>;

/** `https://…`; `http://` only to this machine itself and only while the cloud is evaluated on loopback. */
export const WebhookUrl = z
  .url({ protocol: /^https?$/u })
  .max(500)
  .refine((text) => !URL.canParse(text) || new URL(text).username === '', 'must not contain a sign-in');

export const AlertTarget = z.strictObject({
  targetId: AlertTargetId,
  kind: z.enum(['webhook', 'email']),
  name: lineText(60),
  address: z.string().max(500),
  enabled: z.boolean(),
});
export type AlertTarget = z.output<typeof AlertTarget>;

export const Alerts = z.strictObject({
  rules: z.array(AlertRule),
  targets: z.array(AlertTarget),
  mail: z.boolean().describe('Whether this cloud can send e-mail'),
});
export type Alerts = z.output<typeof Alerts>;

export const CreateAlertRuleRequest = z.strictObject({ condition: AlertCondition });
export const SwitchRequest = z.strictObject({ enabled: z.boolean() });
export const CreateAlertTargetRequest = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), name: lineText(60), url: WebhookUrl }),
  z.strictObject({ kind: z.literal('email'), name: lineText(60), email: Email }),
]);
export type CreateAlertTargetRequest = z.output<typeof CreateAlertTargetRequest>;
export const WebhookSecret = secret(z.string().regex(/^whs_[a-f0-9]{64}$/u));
export const CreateAlertTargetAnswer = z.strictObject({
  target: AlertTarget,
  secret: WebhookSecret.nullable().describe('Shown once; null for e-mail'),
});

export const AlertDelivery = z.strictObject({
  deliveryId: z.string(),
  atMs: EpochMs,
  targetId: AlertTargetId,
  target: z.string().describe('Name of the target'),
  subject: z.string(),
  state: z.enum(['waiting', 'delivered', 'failed']),
  attempts: z.int().min(0),
  nextAttemptMs: EpochMs.nullable(),
  statusCode: z.int().nullable().describe('HTTP status of the last attempt; null when there was no answer'),
  error: z.string().nullable(),
});
export type AlertDelivery = z.output<typeof AlertDelivery>;
export const AlertDeliveryList = z.strictObject({
  deliveries: z.array(AlertDelivery).describe('The newest 100, newest first'),
});
