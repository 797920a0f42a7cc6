export * from './copies.ts';
export * from './epoch.ts';
export * from './ownership.ts';
