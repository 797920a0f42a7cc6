import type { App } from '../web/types.ts';
import { addDrainRoutes } from './routes-drain.ts';
import { addDownloadRoutes } from './routes-downloads.ts';
import { addHostingRoutes } from './routes-hosting.ts';
import { addLiveRoutes } from './routes-live.ts';
import { addOverviewRoutes } from './routes.ts';
import { addZoneRoutes } from './routes-zones.ts';
import type { ConnectorServices } from './types.ts';

/** `/api/v1/connector`: what owners and administrators set about the account's connector. */
export function addConnectorRoutes(app: App, services: ConnectorServices): void {
  addOverviewRoutes(app, services);
  addHostingRoutes(app, services);
  addZoneRoutes(app, services);
  addLiveRoutes(app, services);
  addDownloadRoutes(app, services);
  addDrainRoutes(app, services);
}
