import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { listen } from '@guildhall/kit';
import { freePort } from './ports.ts';

interface ConnectProxyOptions {
  /** Names that are known here and nowhere else, and the address behind each. */
  readonly names?: Readonly<Record<string, string>>;
  /** `user:password` that is wanted. */
  readonly credentials?: string;
  /** The only ports a tunnel may lead to; all, when left out. */
  readonly ports?: readonly number[];
}

/** An HTTP proxy that makes tunnels (CONNECT) and nothing else, and can be killed and come back on its port. */
export class ConnectProxy implements AsyncDisposable {
  readonly #options: ConnectProxyOptions;
  readonly #open = new Set<Duplex>();
  /** `name:port` of each tunnel that was asked for, in order, also of those refused. */
  readonly asked: string[] = [];
  #server: Server | undefined;
  #port = 0;

  private constructor(options: ConnectProxyOptions) {
    this.#options = options;
  }

  static async start(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    await proxy.back();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many tunnels stand. */
  get tunnels(): number {
    return this.#open.size / 2;
  }

  /** On the same port as before. */
  async back(): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(405).end());
    server.on('connect', (request, socket, head) => this.#tunnel(request, socket, head));
    this.#port ||= await freePort();
    await listen(server, { host: '127.0.0.1', port: this.#port });
    this.#server = server;
  }

  /** Cuts every tunnel and stops listening. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((done) => server.close(done));
    for (const socket of this.#open) socket.destroy();
    server.closeAllConnections();
    await closed;
  }

  #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { names = {}, credentials, ports } = this.#options;
    const target = request.url ?? '';
    this.asked.push(target);
    const [name = '', portText = ''] = target.split(':');
    const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\n\r\n`);
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted)
      return refuse('407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"');
    if (ports && !ports.includes(Number(portText))) return refuse('403 Forbidden');
    const upstream = connect({ host: names[name] ?? name, port: Number(portText) });
    for (const end of [socket, upstream]) {
      this.#open.add(end);
      end.on('close', () => {
        this.#open.delete(end);
        socket.destroy();
        upstream.destroy();
      });
    }
    upstream.on('error', () => refuse('502 Bad Gateway'));
    upstream.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
