import {
  platformClock,
  platformRandom,
  wsPipe,
  type LinkClock,
  type LinkRandom,
  type Pipe,
} from '@guildhall/rpc';
import { GuildhallError } from '@guildhall/rpc';
import type { MediaPort } from './media/port.ts';

/** Everything the client takes from the world around it; tests give their own. */
export interface ClientDeps {
  readonly media: MediaPort;
  readonly clock: LinkClock;
  readonly random: LinkRandom;
  /** For ids; must be good enough that nobody guesses them. */
  readonly randomBytes: (count: number) => Uint8Array;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Opens a WebSocket link; must give up when the signal is aborted. */
  readonly openLink: (url: string, signal: AbortSignal) => Promise<Pipe>;
}

/** The platform's own, in browsers and in Node 24. */
export const platformDeps = (media: MediaPort): ClientDeps => ({
  media,
  clock: platformClock,
  random: platformRandom,
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fetch: (url, init) => fetch(url, init),
  openLink: openWebSocket,
});

const openWebSocket = (url: string, signal: AbortSignal): Promise<Pipe> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new GuildhallError('request.cancelled', 'Dialling was cancelled.'));
    const socket = new WebSocket(url);
    const abort = (): void => {
      socket.close();
      reject(new GuildhallError('request.cancelled', 'Dialling was cancelled.'));
    };
    const failed = (): void => {
      signal.removeEventListener('abort', abort);
      reject(new GuildhallError('link.unreachable', 'The router cannot be reached.'));
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.addEventListener('error', failed, { once: true });
    socket.addEventListener(
      'open',
      () => {
        signal.removeEventListener('abort', abort);
        socket.removeEventListener('error', failed);
        resolve(wsPipe(socket));
      },
      { once: true },
    );
  });
