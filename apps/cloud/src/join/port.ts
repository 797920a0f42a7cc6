export type { PassService } from './passes.ts';
export type { JoinService } from './service.ts';
