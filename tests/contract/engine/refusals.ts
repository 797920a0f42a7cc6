import { expect } from 'vitest';

/** What a call is refused with: `rejects.toEqual(code('media.limit'))`. */
export const code = (name: string) => expect.objectContaining({ name: 'GuildhallError', code: name });
