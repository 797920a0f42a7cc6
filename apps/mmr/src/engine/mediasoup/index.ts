export { createMediasoupEngine, type MediasoupEngineOptions } from './engine.ts';
