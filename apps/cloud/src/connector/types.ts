import type { Random } from '@guildhall/kit';
import type { Policy } from '@guildhall/protocol';
import type { WebServices } from '../web/types.ts';
import type { Downloads } from './downloads.ts';
import type { HostingDecisions } from './hosting.ts';

/** What the routes of the connector work with. */
export interface ConnectorServices extends WebServices {
  readonly random: Pick<Random, 'bytes'>;
  readonly hosting: HostingDecisions;
  readonly downloads: Downloads;
  /** What a router may hold in a zone that set nothing. */
  readonly defaultLimits: Policy['limits'];
}
