import { GuildhallError } from '@guildhall/rpc';
import type { z } from 'zod';

/** @throws GuildhallError `request.invalid` naming the first wrong field and its rule, never its value: it may be a secret */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const read = schema.safeParse(body ?? {});
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])]
    .map(String)
    .join('.');
  const rule = (issue?.message ?? 'wrong value').replace(/^Invalid input: /u, '');
  const where = field === '' ? 'The request' : field.slice(0, 80);
  throw new GuildhallError('request.invalid', `${where} is not valid: ${rule}.`, {
    ...(field !== '' && { field: field.slice(0, 80) }),
  });
}
