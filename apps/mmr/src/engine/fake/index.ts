export { createFakeEngine, FakeEngine, type FakeEngineOptions } from './engine.ts';
