import { z } from 'zod';

/** Id of a transport, producer or consumer, made by a router. */
export const MediaObjectIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/u, 'must be 1 to 64 letters, digits, - or _')
  .describe('Id of a transport, producer or consumer, made by the router');
