import type { AccountId, MeetingId, UserId } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import { maxPassLifetimeMs } from '@guildhall/protocol';
import type { Bus } from './bus/port.ts';
import type { Store } from './store/port.ts';

/**
 * Withdraws every pass given until now: of a person, for a meeting, or all of the account. After the change that is the
 * reason, so that a pass made meanwhile from the old facts is older than this. A zone that is out of reach learns of it
 * when its link is back: until then what it has cached decides.
 */
export async function revokePasses(
  { store, bus, clock }: { readonly store: Store; readonly bus: Bus; readonly clock: Pick<Clock, 'now'> },
  accountId: AccountId,
  id: UserId | MeetingId | AccountId,
): Promise<void> {
  const nowMs = clock.now();
  await store.passes.removeOlderThan(nowMs - maxPassLifetimeMs);
  await store.passes.revoke(accountId, id, nowMs);
  for (const zone of await store.connectors.zones(accountId)) {
    bus.publish('policy.changed', { zoneId: zone.id });
  }
}
