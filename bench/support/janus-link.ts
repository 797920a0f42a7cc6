import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const Message = z.object({
  janus: z.string(),
  transaction: z.string().optional(),
  data: z.object({ id: z.number() }).optional(),
  error: z.object({ reason: z.string() }).optional(),
  plugindata: z
    .object({
      data: z.object({
        videoroom: z.string().optional(),
        id: z.number().optional(),
        error: z.string().optional(),
        streams: z.array(z.object({ mid: z.string(), feed_id: z.number().optional() }).loose()).optional(),
      }),
    })
    .optional(),
  jsep: z.object({ type: z.string(), sdp: z.string() }).optional(),
});
type Message = z.output<typeof Message>;

export interface Negotiated {
  readonly id: number;
  readonly sdp: string;
  readonly streams: readonly { readonly mid: string; readonly feed_id?: number | undefined }[];
}

interface Jsep {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

const keepAliveMs = 20_000;

/** One session of Janus' WebSocket interface, for all bots of a run. */
export class JanusLink {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (message: Message) => void>();
  #session = 0;
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', (event: MessageEvent<string>) => {
      const message = Message.parse(JSON.parse(event.data));
      if (message.transaction !== undefined) this.#waiting.get(message.transaction)?.(message);
    });
  }

  /** @throws Error when nothing listens there */
  static async open(url: string): Promise<JanusLink> {
    const socket = new WebSocket(url, 'janus-protocol');
    await new Promise<void>((done, failed) => {
      socket.addEventListener('open', () => done(), { once: true });
      socket.addEventListener('error', () => failed(new Error('nobody listens')), { once: true });
    });
    const link = new JanusLink(socket);
    const { data } = await link.#request({ janus: 'create' }, ({ janus }) => janus === 'success');
    link.#session = data?.id ?? 0;
    link.#keepAlive = setInterval(() => {
      socket.send(
        JSON.stringify({ janus: 'keepalive', transaction: randomUUID(), session_id: link.#session }),
      );
    }, keepAliveMs);
    return link;
  }

  /** A new handle of the video room plugin. */
  async attach(): Promise<number> {
    const request = { janus: 'attach', plugin: 'janus.plugin.videoroom' };
    const { data } = await this.#request(request, ({ janus }) => janus === 'success');
    return data?.id ?? 0;
  }

  async createRoom(room: number, publishers: number): Promise<void> {
    const handle = await this.attach();
    // prettier-ignore
    const body = { request: 'create', room, publishers, bitrate: 0, audiocodec: 'opus', videocodec: 'vp8', transport_wide_cc_ext: true };
    await this.#request(
      { janus: 'message', handle_id: handle, body },
      ({ plugindata }) => plugindata !== undefined,
    );
  }

  /** Asks the plugin and waits for the SDP it answers with. */
  async ask(handle: number, body: object, jsep?: Jsep): Promise<Negotiated> {
    const request = { janus: 'message', handle_id: handle, body, ...(jsep ? { jsep } : {}) };
    const answer = await this.#request(request, (message) => message.jsep !== undefined);
    const { id = 0, streams = [] } = answer.plugindata?.data ?? {};
    return { id, sdp: answer.jsep?.sdp ?? '', streams };
  }

  async tell(handle: number, body: object, jsep: Jsep): Promise<void> {
    const request = { janus: 'message', handle_id: handle, body, jsep };
    await this.#request(request, ({ janus }) => janus === 'event');
  }

  close(): void {
    clearInterval(this.#keepAlive);
    this.#socket.close();
  }

  #request(request: object, isAnswer: (message: Message) => boolean): Promise<Message> {
    const transaction = randomUUID();
    const session = this.#session === 0 ? {} : { session_id: this.#session };
    return new Promise((answered, failed) => {
      this.#waiting.set(transaction, (message) => {
        const refusal = message.error?.reason ?? message.plugindata?.data.error;
        if (refusal === undefined && !isAnswer(message)) return;
        this.#waiting.delete(transaction);
        if (refusal === undefined) answered(message);
        else failed(new Error(`Janus refused: ${refusal}`));
      });
      this.#socket.send(JSON.stringify({ ...request, ...session, transaction }));
    });
  }
}
