/** Bots: people of the meeting client whose media a native program sends and receives. */
export { Bot, type BotWish } from './bot.ts';
export { Crowd, type CrowdResult } from './crowd.ts';
export { BotEngine, type BotEngineOptions } from './engine/engine.ts';
export type { ExtensionIds, MediaReport } from './engine/messages.ts';
export { conversation, createBotMedia, type BotMedia, type BotPattern } from './media/media.ts';
export { BotTrack } from './media/track.ts';
export { cacheDirOf } from './cache-dir.ts';
export { aptInstall, mayInstall, run } from './debian.ts';
export { buildNative, NativeBuildError } from './native.ts';
export { processUse, type ProcessUse } from './processes.ts';
