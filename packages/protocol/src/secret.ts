import type { z } from 'zod';

/** Marks a field whose value must never reach a log: the logger redacts by this mark. */
export const secret = <T extends z.ZodType>(schema: T): T => schema.meta({ sensitivity: 'secret' });
