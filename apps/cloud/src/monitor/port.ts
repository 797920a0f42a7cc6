import type { Clock } from '@guildhall/kit';
import type { Policy } from '@guildhall/protocol';
import type { Store } from '../store/port.ts';
import type { Live } from './live.ts';
import type { Placements } from './placements.ts';
import type { Recorder } from './recorder.ts';

/** What the views of monitoring are made of. */
export interface Monitor {
  readonly live: Live;
  readonly placements: Placements;
  readonly recorder: Recorder;
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  /** What each router may hold in a zone that set nothing. */
  readonly limits: Policy['limits'];
}
