/** Headless meeting client: joining, resuming, media and state. No React, no DOM beyond media tracks. */
export { GuildhallError } from '@guildhall/rpc';
export { createMeetingClient, MeetingClient } from './client.ts';
export { platformDeps, type ClientDeps } from './deps.ts';
export { requestJson } from './link/http.ts';
export type { AwayRight, JoinWish } from './link/join.ts';
export type {
  Direction,
  MediaHooks,
  MediaPort,
  MediaReceiver,
  MediaSender,
  MediaSession,
  PathState,
} from './media/port.ts';
export { createStore, type ReadableStore, type Store } from './store.ts';
export {
  initialState,
  remoteKey,
  type LocalTrack,
  type MeetingEnd,
  type MeetingNotice,
  type MeetingPhase,
  type MeetingState,
  type PendingLine,
  type RemoteKey,
  type RemoteTrack,
} from './types.ts';
