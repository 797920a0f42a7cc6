import type { closeCodes } from '@guildhall/protocol';

/** The registered WebSocket close codes that the cloud uses, by what they mean. */
export const closing = {
  unauthenticated: 4401,
  helloTimeout: 4408,
  replaced: 4409,
} as const satisfies Record<string, keyof typeof closeCodes>;

/** 1012, "service restart" of the IANA registry of WebSocket close codes: dial again. */
export const closingForRestart = 1012;
