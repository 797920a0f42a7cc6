export type { JoinService } from './service.ts';
