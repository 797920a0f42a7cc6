import type { Clock } from '@guildhall/kit';
import type { Bus } from './bus/port.ts';
import type { Ids } from './ids.ts';
import type { Store, StoredUser } from './store/port.ts';

export interface AuditServices {
  readonly store: Store;
  readonly ids: Ids;
  readonly bus: Bus;
  readonly clock: Pick<Clock, 'now'>;
}

/** Remembers who did what; after the act, which must not fail for it. */
export async function audit(
  { store, ids, bus, clock }: AuditServices,
  actor: StoredUser,
  action: string,
  subject: string,
): Promise<void> {
  const { id, accountId } = actor;
  const atMs = clock.now();
  await store.audit.add({ id: ids.row('aud'), accountId, atMs, actor: id, action, subject });
  // What changes the connector belongs beside what the connector did.
  if (!action.startsWith('connector.')) return;
  const about = { accountId, atMs, kind: action, severity: 'info', subject } as const;
  bus.publish('account.event', { ...about, label: actor.name, detail: '' });
}
