import { once } from 'node:events';
import WebSocket from 'ws';
import { z } from 'zod';

const Answer = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ data: z.object({ code: z.string() }) }).optional(),
});

/** A WebSocket that says whatever a test wants: no contract stands between. */
export class RawLink implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (code: string | null) => void>();
  readonly closeCode: Promise<number>;
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closeCode = new Promise((done) =>
      socket.once('close', (code) => {
        for (const answer of this.#answers.values()) answer(`closed ${code}`);
        done(code);
      }),
    );
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const parsed = Answer.safeParse(JSON.parse(Buffer.isBuffer(data) ? data.toString('utf8') : ''));
      if (parsed.success) this.#answers.get(parsed.data.id)?.(parsed.data.error?.data.code ?? null);
    });
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<RawLink> {
    const socket = new WebSocket(url, { headers });
    const link = new RawLink(socket);
    await once(socket, 'open');
    return link;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** @returns the registered code of the refusal, or null when the request was granted */
  errorOf(method: string, params: unknown): Promise<string | null> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((done) => {
      this.#answers.set(id, done);
      this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closeCode;
  }
}
