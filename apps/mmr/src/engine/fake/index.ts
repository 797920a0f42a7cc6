export { createFakeEngine } from './engine.ts';
