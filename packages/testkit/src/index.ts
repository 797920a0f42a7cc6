export { BareConsole } from './bare-console.ts';
export { BareServer } from './bare-server.ts';
export {
  inboundStreams,
  launchBrowser,
  mediaPorts,
  Person,
  type InboundStream,
  type PersonOptions,
} from './browser.ts';
export { PortalApi, type RawAnswer } from './portal-api.ts';
export { axeViolations } from './axe.ts';
export { meetingSpec, openSettings } from './meeting-settings.ts';
export { freePort, freePortBlock } from './ports.ts';
export { Product, type ProductFacts, type ProductStatus } from './product.ts';
export { RawLink } from './raw-link.ts';
export { msUntil, until } from './until.ts';
