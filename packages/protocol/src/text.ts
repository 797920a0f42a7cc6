import { z } from 'zod';

// Control characters, and everything Unicode calls ignorable by default (bidi marks, overrides and isolates, zero-width
// spaces, soft hyphens, fillers, tags) with the line and paragraph separators: names and topics travel to rosters, mails
// and logs, where these forge or hide text. What scripts and emoji need stays: joiners (U+200C, U+200D), variation
// selectors, the combining grapheme joiner.
const forbidden = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/u;
const needed = /\u034f|[\u180b-\u180d]|\u180f|\u200c|\u200d|\p{Variation_Selector}/gu;
/** Flags of regions (Unicode UTS 51 §1.4.3, `emoji_tag_sequence`): the one honest use of tags. */
const regionFlag = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f}/gu;
/** Something that has ink: the Braille pattern without dots and a lone combining mark have none. */
const visible = /[^\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{M}\p{Z}\u2800]/u;
/** No script stacks so many; more of them run over the lines above and below. */
const pile = /\p{Mn}{9}/u;

const hidesNothing = (text: string): boolean =>
  !forbidden.test(text.replace(regionFlag, '').replace(needed, ''));
const notBlank = 'must not be blank';
const nothingHidden = 'must not contain control or invisible characters';

/**
 * One line of text a person typed: something to see, no control, bidi or invisible characters, no lone surrogates. Blanks
 * at its ends are dropped: they would make two names of one.
 */
export const lineText = (maxLength: number): z.ZodString =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .refine((text) => visible.test(text), notBlank)
    .refine(hidesNothing, nothingHidden)
    .refine((text) => !pile.test(text), 'must not pile up marks on one letter')
    .refine((text) => text.isWellFormed(), 'must be well-formed text');

/** Text of several lines (chat): newline and tab are allowed. */
export const blockText = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => visible.test(text), notBlank)
    .refine((text) => hidesNothing(text.replace(/[\n\t]/gu, '')), nothingHidden)
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
