import { consoleErrors } from './console.ts';
import type { ErrorEntry } from './entry.ts';
import { generalErrors } from './general.ts';
import { meetingErrors } from './meeting.ts';
import { zoneErrors } from './zone.ts';

export type { ErrorEntry, Fault } from './entry.ts';

/**
 * Every error that may cross a border, by the part that raises it (a test fails when a code stands in two). docs/errors.md
 * is generated from here and a test fails when they differ.
 */
export const errorCodes = {
  ...generalErrors,
  ...meetingErrors,
  ...zoneErrors,
  ...consoleErrors,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCodes;

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorCodes, text);
