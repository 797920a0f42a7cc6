import { z } from 'zod';
import { ConsoleAuthority, ConsoleUserName } from './console-rest.ts';
import { Password } from './rest.ts';
import { EpochMs } from './text.ts';

/** The part of a console's REST API by which a VM is kept running, under `/api/v1` on port 5480. */

export const ConsoleUser = z.strictObject({
  username: ConsoleUserName,
  authority: ConsoleAuthority,
  /** Somebody else chose the password; the next sign-in has to change it. */
  passwordChangeRequired: z.boolean(),
});
export type ConsoleUser = z.output<typeof ConsoleUser>;

/** `GET /users`. */
export const ConsoleUsers = z.strictObject({ users: z.array(ConsoleUser).max(100) });
/** `POST /users`. */
export const AddConsoleUserRequest = z.strictObject({
  username: ConsoleUserName,
  password: Password,
  authority: ConsoleAuthority,
});
/** `PUT /users/{username}`. */
export const ChangeConsoleUserRequest = z.strictObject({ authority: ConsoleAuthority });
/** `PUT /users/{username}/password`; ends every session of that user. */
export const ResetConsolePasswordRequest = z.strictObject({ newPassword: Password });

export const logSources = ['console', 'zctrl', 'mmr'] as const;
export const LogSource = z.enum(logSources);
export type LogSource = z.output<typeof LogSource>;
/** From the least to the most severe. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export const ConsoleLogLevel = z.enum(logLevels);

/** Query of `GET /logs` and `GET /logs/stream`. */
export const LogQuery = z.strictObject({
  source: LogSource.optional().describe('Default: all of them'),
  level: ConsoleLogLevel.default('trace').describe('Least severity; lines without one always pass'),
  text: z.string().max(100).default('').describe('Has to occur in the line; compared without regard to case'),
});
export const LogEntry = z.strictObject({
  source: LogSource,
  timeMs: EpochMs.nullable().describe('Null for what a process printed past its logger'),
  level: ConsoleLogLevel.nullable(),
  message: z.string().max(5_000).describe('Without control characters and without secrets'),
  facts: z.string().max(5_000).describe('What else the line tells, as JSON; empty when nothing'),
});
export type LogEntry = z.output<typeof LogEntry>;
/** `GET /logs`: the newest lines, the newest last. */
export const LogTail = z.strictObject({ entries: z.array(LogEntry).max(500) });
/** One event of `GET /logs/stream` (text/event-stream). */
export const LogEvent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('start'), entries: z.array(LogEntry).max(500) }),
  z.strictObject({ kind: z.literal('line'), entry: LogEntry }),
  z
    .strictObject({ kind: z.literal('dropped'), lines: z.int().min(1) })
    .describe('The reader was too slow for these'),
]);
export type LogEvent = z.output<typeof LogEvent>;
