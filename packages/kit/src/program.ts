import type { DestinationStream } from 'pino';
import type { z } from 'zod';
import { ConfigError, loadConfig } from './config/config.ts';
import { lifeLineOf, watchLifeLine } from './life-line.ts';
import { exitCodes, runService, type ServiceContext } from './lifecycle.ts';
import { createLogger, type LogLevel } from './logger.ts';
import { secretKeysOf } from './redact.ts';

/** A program as a whole: what its main.ts is, besides the parts it puts together. */
export interface ProgramOptions<T extends z.ZodObject> {
  readonly role: string;
  /** Has a key `logLevel`. */
  readonly schema: T;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Arguments after the script's name. */
  readonly argv: readonly string[];
  /** Where its log goes. Default: standard output. */
  readonly destination?: DestinationStream;
  readonly start: (config: z.output<T>, context: ServiceContext) => Promise<void>;
}

/**
 * Loads the configuration, runs the service until it is told to end, and exits. A configuration that is refused is one
 * line in the log and exit code 78. With a life line in its environment it ends with its launcher.
 */
export async function runProgram<T extends z.ZodObject>(options: ProgramOptions<T>): Promise<void> {
  const { role, schema, env, argv, destination, start } = options;
  let config: z.output<T>;
  let lifeLine: number | undefined;
  try {
    config = loadConfig({ role, schema, env, argv });
    lifeLine = lifeLineOf(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger({ role, ...(destination && { destination }) }).fatal(
      { problems: error.problems.length },
      error.message,
    );
    process.exitCode = exitCodes.config;
    return;
  }
  const logger = createLogger({
    role,
    level: levelOf(config),
    secretKeys: secretKeysOf(schema),
    ...(destination && { destination }),
  });
  await runService({
    role,
    logger,
    ...(lifeLine !== undefined && { lifeLine: (onEnd: () => void) => watchLifeLine(lifeLine, onEnd) }),
    start: (context) => start(config, context),
  });
}

const levels = new Set<string>(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']);
const isLevel = (text: unknown): text is LogLevel => typeof text === 'string' && levels.has(text);

function levelOf(config: Readonly<Record<string, unknown>>): LogLevel {
  const level = config['logLevel'];
  return isLevel(level) ? level : 'info';
}
