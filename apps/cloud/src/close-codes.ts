import type { closeCodes } from '@guildhall/protocol';

/** The registered WebSocket close codes that the cloud uses, by what they mean. */
export const closing = {
  unauthenticated: 4401,
  helloTimeout: 4408,
  replaced: 4409,
} as const satisfies Record<string, keyof typeof closeCodes>;
