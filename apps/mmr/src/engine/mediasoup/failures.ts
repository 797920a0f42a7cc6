import { isGuildhallError, type GuildhallError, type LinkLogger } from '@guildhall/rpc';
import { mediaError, type MediaErrorCode } from '../errors.ts';

/**
 * Turns what mediasoup threw into a registered refusal. Its text goes to the cause, for the log: it may quote what a
 * stranger sent.
 */
export const refusal = (error: unknown, code: MediaErrorCode, sentence: string): GuildhallError =>
  isGuildhallError(error) ? error : mediaError(code, sentence, { cause: error });

/** An id with a readable prefix from the UUID that mediasoup made. */
export const readableId = (prefix: 'tra' | 'con', uuid: string): string =>
  `${prefix}_${uuid.replaceAll('-', '')}`;

const quietMs = 1_000;

/**
 * mediasoup's own log lines at no more than one a second, with the count of those left out: a hostile client decides
 * how often the worker has something to say.
 */
export const throttledLog = (
  logger: LinkLogger,
  nowMs: () => number,
): ((level: 'warn' | 'error', namespace: string, text: string) => void) => {
  let nextMs = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (level, namespace, text) => {
    const now = nowMs();
    if (now < nextMs) {
      leftOut += 1;
      return;
    }
    nextMs = now + quietMs;
    const facts = { namespace, text: text.slice(0, 500), leftOut };
    leftOut = 0;
    logger[level](facts, 'the media worker says');
  };
};
