import { ErrorEnvelope } from '@guildhall/protocol';
import type { z } from 'zod';

/** Schema of a route of the connector: its answer, and what it takes (`params`, `body`). */
export const doc = <A extends z.ZodType, M extends object>(summary: string, answer: A, takes: M) => ({
  tags: ['Connector'],
  summary,
  description: 'Owners and administrators.',
  response: { 200: answer, default: ErrorEnvelope },
  ...takes,
});
