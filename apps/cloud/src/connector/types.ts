import type { Random } from '@guildhall/kit';
import type { WebServices } from '../web/types.ts';
import type { Downloads } from './downloads.ts';
import type { HostingDecisions } from './hosting.ts';

/** What the routes of the connector work with. */
export interface ConnectorServices extends WebServices {
  readonly random: Pick<Random, 'bytes'>;
  readonly hosting: HostingDecisions;
  readonly downloads: Downloads;
}
