import type { Server } from 'node:http';
import { isLoopback } from '@guildhall/kit';
import { closeCodes } from '@guildhall/protocol';
import { attachWsServer } from '@guildhall/rpc/ws-server';
import { Connection, maxBrowserMessageBytes, type ConnectionDeps } from './connection.ts';

export const signallingPath = '/v1/meeting';

export interface SignallingOptions extends ConnectionDeps {
  readonly server: Server;
  /** Origins of the pages of the zone. */
  readonly webOrigins: () => ReadonlySet<string>;
  /** Whether pages of this machine may come too. */
  readonly loopbackOrigins: boolean;
}

export interface Signalling {
  /** How many links there are in each state. */
  describe(): Readonly<Record<string, number>>;
  /** Refuses new links and sends the others to look for another router. Idempotent. */
  close(): Promise<void>;
}

/** Serves `/v1/meeting`, where browsers come in. */
export const serveSignalling = (options: SignallingOptions): Signalling => {
  const connections = new Set<Connection>();
  const handle = attachWsServer({
    server: options.server,
    path: signallingPath,
    maxPayloadBytes: maxBrowserMessageBytes,
    checkOrigin: (origin) => isOurOrigin(origin, options),
    // Whoever gets here is still a stranger: the seat in `hello` decides.
    authorize: () => undefined,
    onConnection: (pipe) => {
      const connection = new Connection(pipe, options);
      connections.add(connection);
      void connection.closed.then(() => connections.delete(connection));
    },
    logger: options.logger,
  });
  return {
    describe: () => {
      const states: Record<string, number> = {};
      for (const { state } of connections) states[state] = (states[state] ?? 0) + 1;
      return states;
    },
    close: () => handle.close(4503, closeCodes[4503].name),
  };
};

/** Programs send no origin; a page of somebody else must not speak for the person in front of it. */
export const isOurOrigin = (
  origin: string | undefined,
  { webOrigins, loopbackOrigins }: Pick<SignallingOptions, 'webOrigins' | 'loopbackOrigins'>,
): boolean => {
  if (origin === undefined || webOrigins().has(origin)) return true;
  if (!loopbackOrigins || !URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return (protocol === 'http:' || protocol === 'https:') && isLoopback(hostname);
};
