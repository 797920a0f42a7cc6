import type { StoredUser } from '../store/port.ts';
import type { WebServices } from './types.ts';

/** Remembers who did what; after the act, which must not fail for it. */
export async function audit(
  { store, ids, clock }: Pick<WebServices, 'store' | 'ids' | 'clock'>,
  actor: StoredUser,
  action: string,
  subject: string,
): Promise<void> {
  const { id, accountId } = actor;
  await store.audit.add({ id: ids.row('aud'), accountId, atMs: clock.now(), actor: id, action, subject });
}
