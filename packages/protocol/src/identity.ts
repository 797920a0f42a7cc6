import { z } from 'zod';
import { AccountIdSchema, NodeIdSchema, ZoneIdSchema } from './ids.ts';
import { VmRole } from './policy.ts';
import { secret } from './secret.ts';
import { HttpUrl, lineText } from './text.ts';
import { PublicJwk } from './tokens.ts';

/** An Ed25519 private key (RFC 8037 §2). Never leaves the node it was made on. */
export const PrivateJwk = secret(PublicJwk.extend({ d: z.string().regex(/^[A-Za-z0-9_-]{43}$/u) }));

/**
 * `<dataDir>/node/identity.json` of a connector VM (mode 0600): written whole by the console when it is paired, read by
 * the zctrl and mmr of the same VM when they start.
 */
export const NodeIdentity = z.strictObject({
  nodeId: NodeIdSchema,
  accountId: AccountIdSchema,
  accountName: lineText(100),
  zoneId: ZoneIdSchema,
  role: VmRole,
  /** Where the cloud controller answers; the link is `<controlUrl>/control` with ws(s). */
  controlUrl: HttpUrl,
  key: PrivateJwk,
  /** For TLS between nodes; signed by the account's authority. */
  tls: z.strictObject({
    certificatePem: z.string().max(20_000),
    keyPem: secret(z.string().max(8192)),
    authorityPem: z.string().max(20_000),
  }),
});
export type NodeIdentity = z.output<typeof NodeIdentity>;
