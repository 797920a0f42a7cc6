import { pino, type DestinationStream, type Level, type Logger as Pino } from 'pino';
import { systemClock, type Clock } from './clock.ts';
import { createRedactor, maskText } from './redact.ts';

export type LogLevel = Level | 'silent';

interface Write {
  (facts: object, message: string): void;
  (message: string): void;
}

/**
 * Structured log, one JSON line each. info: one line for each life-cycle change, never more than about one a second;
 * debug: anything else. Secrets are masked by name, by schema mark and by look.
 */
export interface Logger {
  readonly level: string;
  fatal: Write;
  error: Write;
  warn: Write;
  info: Write;
  debug: Write;
  trace: Write;
  child(facts: object): Logger;
  /**
   * For what a stranger can cause often: lines for `key` pass once in `periodMs`; `suppressed` on the next one counts
   * those which did not.
   */
  sampled(key: string, periodMs: number): Logger;
}

export interface LoggerOptions {
  role: string;
  /** Default `info`. */
  level?: LogLevel;
  /** Default: standard output. */
  destination?: DestinationStream;
  /** Further field names to mask; see `secretKeysOf`. */
  secretKeys?: readonly string[];
  clock?: Pick<Clock, 'monotonicMs'>;
}

/** What a logger and its children share. */
interface Shared {
  readonly redact: (facts: object) => Record<string, unknown>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly byKey: Map<string, { untilMs: number; suppressed: number }>;
}

const MAX_SAMPLED_KEYS = 1_000;

/** A log of one JSON line per event; what the schema marks as secret is masked in every field. */
export function createLogger(options: LoggerOptions): Logger {
  const redact = createRedactor(options.secretKeys);
  const settings = {
    level: options.level ?? 'info',
    base: { role: options.role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: redact,
    },
    hooks: {
      logMethod(this: Pino, args: Parameters<Pino['info']>, method: Pino['info']) {
        const masked = args.map((argument: unknown) =>
          typeof argument === 'string' ? maskText(argument) : argument,
        );
        Reflect.apply(method, this, masked);
      },
    },
    // The redactor opens errors itself; pino's own serializer would print them unmasked.
    serializers: { err: (value: unknown) => value },
  };
  const shared = { redact, clock: options.clock ?? systemClock, byKey: new Map() };
  return wrap(options.destination ? pino(settings, options.destination) : pino(settings), shared);
}

/** For tests and tools which have nothing to tell. */
export const silentLogger: Logger = createLogger({ role: 'silent', level: 'silent' });

function wrap(inner: Pino, shared: Shared): Logger {
  const at = (level: Level): Write =>
    function write(facts: object | string, message?: string): void {
      if (typeof facts === 'string') inner[level](facts);
      else inner[level](facts, message);
    };
  return {
    level: inner.level,
    fatal: at('fatal'),
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    child: (facts) => wrap(inner.child(shared.redact(facts)), shared),
    sampled: (key, periodMs) => {
      const { pass, suppressed } = sample(shared, key, periodMs);
      if (!pass) return silentLogger;
      return suppressed === 0 ? wrap(inner, shared) : wrap(inner.child({ suppressed }), shared);
    },
  };
}

function sample(
  { clock, byKey }: Shared,
  key: string,
  periodMs: number,
): { pass: boolean; suppressed: number } {
  const nowMs = clock.monotonicMs();
  const entry = byKey.get(key);
  if (entry && nowMs < entry.untilMs) {
    entry.suppressed++;
    return { pass: false, suppressed: 0 };
  }
  // Keys can come from strangers too: forgetting them all now and then only lets a line more through.
  if (byKey.size >= MAX_SAMPLED_KEYS) byKey.clear();
  byKey.set(key, { untilMs: nowMs + periodMs, suppressed: 0 });
  return { pass: true, suppressed: entry?.suppressed ?? 0 };
}
