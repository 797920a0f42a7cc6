import { z } from 'zod';

// C0/C1 controls, bidi marks, overrides and isolates, zero-width space, BOM, line/paragraph separators. The joiners
// (U+200C, U+200D) stay: scripts and emoji need them.
// names and topics travel to rosters, mails and logs, where these forge or hide text.
const forbidden = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/u;

/** One line of text a person typed: not blank, no control, bidi or zero-width characters, no lone surrogates. */
export const lineText = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => text.trim().length > 0, 'must not be blank')
    .refine((text) => !forbidden.test(text), 'must not contain control or invisible characters')
    .refine((text) => text.isWellFormed(), 'must be well-formed text');

/** Text of several lines (chat): newline and tab are allowed. */
export const blockText = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => text.trim().length > 0, 'must not be blank')
    .refine(
      (text) => !forbidden.test(text.replace(/[\n\t]/gu, '')),
      'must not contain control or invisible characters',
    )
    .refine((text) => text.isWellFormed(), 'must be well-formed text');

export const EpochMs = z
  .int()
  .min(0)
  .max(8_640_000_000_000_000)
  .describe('Milliseconds since 1970-01-01T00:00Z');
export const PersonName = lineText(64).describe('The name others see');
export const MeetingNumber = z
  .string()
  .regex(/^[0-9]{9,11}$/u, 'must be 9 to 11 digits')
  .describe('Meeting number: 9 to 11 ASCII digits, without spaces');
export const HttpUrl = z.url({ protocol: /^https?$/u }).max(300);
export const WsUrl = z.url({ protocol: /^wss?$/u }).max(300);
export const VersionText = z.string().regex(/^[0-9A-Za-z.+-]{1,40}$/u);
