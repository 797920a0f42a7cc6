import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { GuildhallError } from '@guildhall/rpc';
import { HttpsProxyAgent } from 'https-proxy-agent';

const answerWithinMs = 10_000;
const lookEveryMs = 200;

/** As the library has it; it names neither type in its exports. */
type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];

/**
 * A tunnel through an HTTP proxy (CONNECT, RFC 9110 §9.3.6) for each request, also for plain `http:` and `ws:`. Differs
 * from the library's in that it says what the proxy did: the library hands the proxy's refusal on as if it were the answer
 * of the server behind it.
 */
export class TellingProxyAgent extends HttpsProxyAgent<string> {
  readonly #shown: string;

  /** @param credentials `user:password`; sent only to the proxy, as `Proxy-Authorization: Basic` */
  constructor(url: string, credentials: string | undefined) {
    const basic = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    super(url, { headers: basic === undefined ? {} : { 'Proxy-Authorization': basic } });
    this.#shown = url;
  }

  override async connect(request: ClientRequest, options: ConnectOptions): Promise<Socket> {
    let status: number | undefined;
    request.once('proxyConnect', (answer: { statusCode: number }) => (status = answer.statusCode));
    // A proxy may take the connection and say nothing, and who asked may go meanwhile: neither leaves a socket behind.
    const giveUp = new AbortController();
    this.connectOpts = { ...this.connectOpts, signal: giveUp.signal };
    const byMs = performance.now() + answerWithinMs;
    const timer = setInterval(() => {
      // A request that has no socket yet tells nobody that it was destroyed; it can only be looked at.
      if (request.destroyed || performance.now() >= byMs) giveUp.abort();
    }, lookEveryMs);
    try {
      const socket = await super.connect(request, options);
      if (status === 200) return socket;
      socket.destroy();
    } catch (error) {
      if (status === undefined) throw unreachable(this.#shown, error);
      throw error;
    } finally {
      clearInterval(timer);
    }
    const target = `${options.host ?? ''}:${options.port ?? ''}`;
    throw status === 407 ? wantsSignIn(this.#shown) : refused(this.#shown, target, status ?? 0);
  }
}

function unreachable(proxy: string, cause: unknown): GuildhallError {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const why =
    {
      ENOTFOUND: 'its name cannot be resolved',
      EAI_AGAIN: 'its name cannot be resolved',
      ECONNREFUSED: 'nothing listens there',
      EHOSTUNREACH: 'there is no route to it',
      ENETUNREACH: 'there is no route to it',
      ECONNRESET: 'it cut the connection',
      ABORT_ERR: 'it did not answer in time',
      ETIMEDOUT: 'it did not answer in time',
    }[code] ?? 'it does not answer as an HTTP proxy does';
  const sentence = `The HTTP proxy ${proxy} cannot be used: ${why}. Check its address, and that it runs.`;
  return new GuildhallError('proxy.unreachable', sentence, { cause });
}

function wantsSignIn(proxy: string): GuildhallError {
  const sentence = `The HTTP proxy ${proxy} wants a user name and password (HTTP 407), or refuses those it was given. Set proxyCredentials of the console, or let this server through without.`;
  return new GuildhallError('proxy.sign-in-required', sentence);
}

function refused(proxy: string, target: string, status: number): GuildhallError {
  const sentence = `The HTTP proxy ${proxy} refused a tunnel to ${target} (HTTP ${status}). Allow CONNECT to that name and port there.`;
  return new GuildhallError('proxy.refused', sentence, { details: { status } });
}
