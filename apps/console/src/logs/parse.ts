import {
  ConsoleLogLevel,
  type LogEntry,
  type LogQuery,
  type LogSource,
  logLevels,
} from '@guildhall/protocol';
import { z } from 'zod';
import { redactText, type LineRedactor } from '../redact-text.ts';

/** What every line of the house's logger has; the rest of it is facts. */
const Line = z.looseObject({ level: ConsoleLogLevel, time: z.iso.datetime(), msg: z.string().default('') });

// Also what turns the direction of a text around or makes it invisible; newlines of a stack trace stay inside JSON.
const control = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
const maxLength = 4_500;

/** One line of a log as people see it: secrets masked, nothing in it that a terminal or a page would obey. */
export function entryOf(source: LogSource, line: string, redactor: LineRedactor): LogEntry {
  const read = Line.safeParse(parse(line));
  if (!read.success)
    return { source, timeMs: null, level: null, message: plain(redactor.line(line)), facts: '' };
  const { level, time, msg, ...others } = read.data;
  const facts = Object.entries(others).filter(([name]) => name !== 'role' && name !== 'pid');
  return {
    source,
    timeMs: Date.parse(time),
    level,
    message: plain(redactText(msg)),
    facts: facts.length === 0 ? '' : plain(redactText(JSON.stringify(Object.fromEntries(facts)))),
  };
}

/** Whether a reader who asked for this sees the line. */
export function isAskedFor(entry: LogEntry, { source, level, text }: z.output<typeof LogQuery>): boolean {
  if (source !== undefined && entry.source !== source) return false;
  if (entry.level !== null && logLevels.indexOf(entry.level) < logLevels.indexOf(level)) return false;
  return text === '' || `${entry.message} ${entry.facts}`.toLowerCase().includes(text.toLowerCase());
}

const plain = (text: string): string => text.replaceAll(control, '\u00b7').toWellFormed().slice(0, maxLength);

function parse(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
