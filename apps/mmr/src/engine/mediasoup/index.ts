export type { ListenAddress } from './candidates.ts';
export { createMediasoupEngine, type MediasoupEngineOptions } from './engine.ts';
