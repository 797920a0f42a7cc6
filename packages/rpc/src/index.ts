export { platformClock, platformRandom } from './clock.ts';
export type { LinkClock, LinkLogger, LinkRandom, TimerHandle } from './clock.ts';
export type {
  Contract,
  EventName,
  EventReceived,
  EventToSend,
  Half,
  Handlers,
  InputReceived,
  InputToSend,
  OtherSide,
  OutputReceived,
  OutputToSend,
  RequestContext,
  RequestDef,
  RequestName,
  Side,
} from './contract.ts';
export { GuildhallError, isGuildhallError, linkErrorCodes } from './errors.ts';
export type { ErrorFacts } from './errors.ts';
export { parseStrictJson, StrictJsonError } from './json.ts';
export type { StrictJsonFault, StrictJsonLimits } from './json.ts';
export { readOpen } from './open-fields.ts';
export { createPeer, defaultPeerLimits, encodeEvent } from './peer.ts';
export type { EncodedEvent, Peer, PeerLimits, PeerOptions, RequestOptions } from './peer.ts';
export { wsCloseCodes, memoryPipePair } from './pipe.ts';
export type { CloseInfo, Pipe } from './pipe.ts';
export { backoffDelayMs, createReconnectingLink } from './reconnect.ts';
export type { BackoffOptions, LinkState, ReconnectingLink, ReconnectingLinkOptions } from './reconnect.ts';
export { wsPipe } from './ws-pipe.ts';
export type { WebSocketLike } from './ws-pipe.ts';
