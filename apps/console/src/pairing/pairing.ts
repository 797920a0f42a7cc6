import { hostname } from 'node:os';
import { generateSigningKey, publicKeyOf, SerialQueue, type Logger } from '@guildhall/kit';
import type { Outbound } from '@guildhall/kit/outbound';
import { createCsr, isIssuedBy } from '@guildhall/kit/tls';
import {
  EnrolAnswer,
  EnrolRequest,
  productVersion,
  type NodeIdentity,
  type Pairing,
  type PairRequest,
} from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { z } from 'zod';
import type { postToCloud } from './cloud-request.ts';
import type { IdentityFile } from './identity-file.ts';

interface PairerOptions {
  readonly identity: IdentityFile;
  readonly post: typeof postToCloud;
  readonly extraCa: readonly string[];
  /** The way to the cloud, as the settings of now have it. */
  readonly outbound: () => Outbound;
  /** After another identity is on disk. */
  readonly onPaired: () => Promise<void>;
  readonly logger: Logger;
}

/** Makes this node part of an account. */
export class Pairer {
  readonly #options: PairerOptions;
  /** Two administrators, or a double click: one after the other. */
  readonly #queue = new SerialQueue({ name: 'the pairing', maxLength: 5 });

  constructor(options: PairerOptions) {
    this.#options = options;
  }

  get state(): z.output<typeof Pairing> {
    const identity = this.#options.identity.current;
    if (!identity) {
      const nothing = { controlUrl: null, nodeId: null, accountId: null, accountName: null, zoneId: null };
      return { paired: false, ...nothing, role: null };
    }
    const { controlUrl, nodeId, accountId, accountName, zoneId, role } = identity;
    return { paired: true, controlUrl, nodeId, accountId, accountName, zoneId, role };
  }

  /**
   * Shows the token to the cloud once and stores what it answers. The node's own key stays the same when it is paired
   * again with the same cloud, which so recognises it; whatever fails leaves the old identity in force.
   *
   * @throws GuildhallError `service.cloud-unreachable`, `proxy.*`, `connector.*` and what else the cloud refuses with
   */
  pair(request: z.output<typeof PairRequest>): Promise<z.output<typeof Pairing>> {
    return this.#queue.run(() => this.#pair(request));
  }

  async #pair({ token, controlUrl, role }: z.output<typeof PairRequest>): Promise<z.output<typeof Pairing>> {
    const { identity, post, extraCa, outbound, onPaired, logger } = this.#options;
    const base = controlUrl.replace(/\/+$/u, '');
    const known = identity.current;
    const key = known?.controlUrl === base ? known.key : await generateSigningKey();
    const name = hostname().slice(0, 100) || 'node';
    const { csrPem, keyPem } = await createCsr({ commonName: name.slice(0, 64) });
    const body: z.input<typeof EnrolRequest> = {
      token,
      name,
      role,
      version: productVersion,
      publicKey: publicKeyOf(key),
      csrPem,
    };
    const answered = EnrolAnswer.safeParse(
      await post({
        url: `${base}/control/v1/enrol`,
        body: EnrolRequest.parse(body),
        extraCa,
        outbound: outbound(),
      }),
    );
    if (!answered.success) {
      const sentence = `${base} answered in a way this version does not understand. Update the older one.`;
      throw new GuildhallError('service.cloud-unreachable', sentence, { field: 'controlUrl' });
    }
    const { certificatePem, authorityPem, ...account } = answered.data;
    if (!isIssuedBy(certificatePem, authorityPem)) {
      const sentence = `${base} answered with a certificate its own authority did not sign. Pair again.`;
      throw new GuildhallError('service.cloud-unreachable', sentence, { field: 'controlUrl' });
    }
    const next: NodeIdentity = {
      ...account,
      role,
      controlUrl: base,
      key,
      tls: { certificatePem, keyPem, authorityPem },
    };
    await identity.replace(next);
    logger.info({ nodeId: next.nodeId, accountId: next.accountId, role }, 'this node is paired');
    await onPaired();
    return this.state;
  }
}
