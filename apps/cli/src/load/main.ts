import { text } from 'node:stream/consumers';
import { NativeBuildError } from '@guildhall/bots';
import { ApiError } from '../api.ts';
import { reportLines } from './report.ts';
import { runLoad } from './run.ts';
import { LoadWish } from './types.ts';

// The program behind `guildhall load-test`: a process of its own, so that the bots have a CPU of their own.

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());

const isTerminal = process.stderr.isTTY;
let lastProgress = '';
const onProgress = (line: string): void => {
  if (line === lastProgress) return;
  lastProgress = line;
  if (isTerminal) process.stderr.write(`\r\u001B[K  · ${line}`);
};
const onNote = (line: string): void => {
  process.stderr.write(`${isTerminal ? '\r\u001B[K' : ''}  ${line}\n`);
};

const main = async (): Promise<void> => {
  const wish = LoadWish.parse(JSON.parse(await text(process.stdin)));
  const report = await runLoad(wish, { signal: stop.signal, onProgress, onNote });
  if (isTerminal) process.stderr.write('\r\u001B[K');
  const lines = wish.json ? [JSON.stringify(report)] : reportLines(report);
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!report.complete) process.exitCode = 130;
  else if (report.joined === 0) process.exitCode = 1;
};

try {
  await main();
} catch (error) {
  const isKnown = error instanceof NativeBuildError || error instanceof ApiError;
  const told =
    error instanceof Error ? (isKnown ? error.message : (error.stack ?? error.message)) : String(error);
  onNote(`guildhall load-test: ${told}`);
  process.exitCode = 1;
}
