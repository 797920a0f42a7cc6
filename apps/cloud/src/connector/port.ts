export type { HostingDecisions } from './hosting.ts';
