export type { Watched } from './watcher.ts';
