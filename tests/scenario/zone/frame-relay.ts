import { createServer, Socket, type Server } from 'node:net';
import { once } from 'node:events';

/** What becomes of a frame on its way to the cloud, besides being handed on. */
export type Fate = 'pass' | 'twice' | 'lose-answer';

/** Events travel in frames of at least this size; a register or a report of this scene's empty zone is shorter. */
const batchBytes = 1_000;

/**
 * Stands between a controller and the cloud, and sees where a frame of the WebSocket begins and ends (RFC 6455 §5.2): so
 * that a test can say what happens to a batch of events, not to some bytes.
 */
export class FrameRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Asked for every batch. */
  onBatch: () => Fate = () => 'pass';

  constructor(to: () => number) {
    this.#server = createServer((near) => this.#carry(near, to()));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #carry(near: Socket, port: number): void {
    const far = new Socket().connect(port, '127.0.0.1');
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    let isCutting = false;
    let waiting = Buffer.alloc(0);
    let isUpgraded = false;
    far.on('data', (data) => (isCutting ? cut() : near.write(data)));
    near.on('data', (data) => {
      waiting = Buffer.concat([waiting, data]);
      for (;;) {
        const length = isUpgraded ? frameBytes(waiting) : headBytes(waiting);
        if (length === undefined || length > waiting.length) return;
        const frame = waiting.subarray(0, length);
        waiting = waiting.subarray(length);
        const fate = isUpgraded && length >= batchBytes ? this.onBatch() : 'pass';
        isUpgraded = true;
        isCutting ||= fate === 'lose-answer';
        far.write(frame);
        if (fate === 'twice') far.write(frame);
      }
    });
  }
}

const headBytes = (data: Buffer): number | undefined => {
  const end = data.indexOf('\r\n\r\n');
  return end === -1 ? undefined : end + 4;
};

/** Of a masked frame, header and mask included. */
function frameBytes(data: Buffer): number | undefined {
  if (data.length < 2) return undefined;
  const short = data.readUInt8(1) & 0x7f;
  if (short < 126) return 6 + short;
  if (short === 126) return data.length < 4 ? undefined : 8 + data.readUInt16BE(2);
  return data.length < 10 ? undefined : 14 + Number(data.readBigUInt64BE(2));
}
