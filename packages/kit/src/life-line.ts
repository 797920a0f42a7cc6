import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { ConfigError } from './config/config.ts';

/** Names the file descriptor of the life line in the environment of a process that has one. */
export const lifeLineVariable = 'GUILDHALL_LIFE_LINE_FD';

/**
 * The life line a launcher gave to us: a pipe that nobody writes to. Its end of file means that the launcher is gone,
 * however it went (SIGKILL too), and that we end. It may be handed on to children of our own, whose life then hangs on
 * the launcher's and not on ours.
 * @throws ConfigError when the variable names no open file descriptor
 */
export function lifeLineOf(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = env[lifeLineVariable];
  if (text === undefined || text === '') return undefined;
  const fd = /^[1-9]\d{0,3}$/u.test(text) ? Number(text) : -1;
  try {
    if (fd < 3) throw new RangeError('standard input and output are no life lines');
    fstatSync(fd);
    return fd;
  } catch {
    const message = `${lifeLineVariable} names ${JSON.stringify(text)}, which is no open file descriptor above 2.`;
    throw new ConfigError([{ key: lifeLineVariable, message }]);
  }
}

/** Tells when the other end is gone. It does not keep the process alive. The answer ends the watch, not the line. */
export function watchLifeLine(fd: number, onEnd: () => void): () => void {
  // Half open: our end stays until we are gone, for by its closing the launcher sees that nobody is left.
  const line = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  line.unref();
  line.once('end', onEnd);
  // A line that breaks in any other way is as gone.
  line.once('error', onEnd);
  line.resume();
  return () => {
    line.off('end', onEnd);
  };
}
