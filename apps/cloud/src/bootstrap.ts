import { generateSigningKey, publicKeyOf, type Clock, type Logger } from '@guildhall/kit';
import { createAuthority, loadOrCreateAuthority } from '@guildhall/kit/tls';
import { Email } from '@guildhall/protocol';
import type { Ids } from './ids.ts';
import type { Authority, Store } from './store/port.ts';

export interface BootstrapOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Where the first account's authority is; made anew without it. */
  readonly authorityDir: string | undefined;
  readonly ownerEmail: string | undefined;
  readonly ownerPassword: string | undefined;
  readonly hashPassword: (password: string) => Promise<string>;
}

/**
 * Fills an empty store with what a first sign-in needs: the account, its owner, its authority, the ticket key and a zone.
 * Does nothing on any later start; safe when two processes start at once.
 * @throws Error with a sentence when the store is empty and no owner is named
 */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const { store, logger } = options;
  if ((await store.accounts.count()) > 0) return;
  const owner = await firstOwner(options);
  const authority = await firstAuthority(options);
  const key = await generateSigningKey();
  await store.alone(async (inside) => {
    if ((await inside.accounts.count()) > 0) return;
    const createdAtMs = options.clock.now();
    const accountId = options.ids.account();
    await inside.accounts.insert({ id: accountId, name: 'My organisation', authority, createdAtMs });
    const user = { id: options.ids.user(), accountId, name: nameFrom(owner.email), role: 'owner' as const };
    await inside.users.insert({ ...user, ...owner, createdAtMs });
    await inside.keys.insert(key.kid, publicKeyOf(key), key, createdAtMs);
    const zone = { id: options.ids.zone(), accountId, name: 'Main zone', createdAtMs };
    await inside.connectors.insertZone(zone);
    logger.info({ accountId, owner: owner.email }, 'first start: the account and its owner were made');
  });
}

async function firstOwner(
  options: BootstrapOptions,
): Promise<{ readonly email: string; readonly passwordHash: string }> {
  const { ownerEmail, ownerPassword } = options;
  if (ownerEmail === undefined || ownerPassword === undefined) {
    throw new Error(
      'The database is empty. Name the first owner with GUILDHALL_OWNER_EMAIL and GUILDHALL_OWNER_PASSWORD.',
    );
  }
  const email = Email.safeParse(ownerEmail);
  if (!email.success) throw new Error('GUILDHALL_OWNER_EMAIL is not an e-mail address.');
  return { email: email.data, passwordHash: await options.hashPassword(ownerPassword) };
}

async function firstAuthority({ authorityDir, clock }: BootstrapOptions): Promise<Authority> {
  const commonName = 'Guildhall account authority';
  if (authorityDir !== undefined) return loadOrCreateAuthority(authorityDir, { commonName, clock });
  return createAuthority({ commonName, clock });
}

/** `ana.garcia@…` becomes "Ana Garcia"; the owner may change it. */
function nameFrom(email: string): string {
  const local = email.split('@', 1)[0] ?? '';
  const words = local.split(/[._+-]+/u).filter((word) => word !== '');
  const name = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join(' ');
  return name === '' ? 'Owner' : name.slice(0, 64);
}
