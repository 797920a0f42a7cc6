export type { MeetingService } from './service.ts';
