import type { EngineLimits } from '../port.ts';
import type { LinkLogger } from '@guildhall/rpc';

/** What the parts of one fake engine share. */
export interface FakeWorld {
  readonly logger: LinkLogger;
  readonly limits: EngineLimits;
  /** Counts up: ids and SSRCs are the same in every run. */
  next(): number;
}

/** Ids that look like those of the real engine. */
export const fakeId = (prefix: 'tra' | 'con', world: FakeWorld): string =>
  `${prefix}_fake${String(world.next()).padStart(8, '0')}`;

/** What the real engine learns by a message from its worker arrives later here too, so that nobody comes to rely on at once. */
export const later = (action: () => void): void => queueMicrotask(action);
