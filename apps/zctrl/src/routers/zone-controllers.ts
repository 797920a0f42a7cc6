import type { Policy, ZoneControllers } from '@guildhall/protocol';

/** The link of a controller for routers. */
export const routerLinkPath = '/v1/router';

/** Where routers find the controllers of the zone: at the addresses for browsers, which are the ones the cloud knows. */
export const zoneControllersIn = ({ rev, controllers = [] }: Policy): ZoneControllers => ({
  rev,
  controllers: controllers.map(({ nodeId, urls }) => ({ nodeId, urls: urls.map(routerLinkAt) })),
});

const routerLinkAt = (address: string): string => {
  const url = new URL(address);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = routerLinkPath;
  return url.href;
};
