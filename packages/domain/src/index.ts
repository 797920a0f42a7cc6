export type * from './ids.ts';
export * from './meeting/types.ts';
export * from './placement/index.ts';
