import { wsCloseCodes, PipeEnd, type Pipe } from './pipe.ts';

/** What the browser's `WebSocket` and the `ws` package have in common. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
}

const OPEN = 1;
const CLOSING = 2;
/** RFC 6455 §5.5: a control frame holds 125 bytes, two of which are the code. */
const MAX_REASON_BYTES = 123;

/** A pipe over an already open WebSocket. Binary frames are refused (1003): every message is JSON text. */
export function wsPipe(socket: WebSocketLike): Pipe {
  const end = new PipeEnd();
  const close = (code: number, reason: string): void => {
    if (!end.end({ code, reason })) return;
    closeSocket(socket, code, reason);
  };
  socket.addEventListener('message', (event) => {
    if (typeof event.data === 'string') end.deliver(event.data);
    else close(wsCloseCodes.unsupportedData, 'messages are text');
  });
  socket.addEventListener('close', (event) => end.end({ code: event.code, reason: event.reason }));
  // A close event always follows an error; without a listener `ws` would throw.
  socket.addEventListener('error', () => undefined);
  if (socket.readyState >= CLOSING)
    end.end({ code: wsCloseCodes.abnormal, reason: 'the socket was closed already' });
  return {
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    send(text) {
      if (!end.closed && socket.readyState === OPEN) socket.send(text);
    },
    onMessage: (callback) => end.consume(callback),
    onClose: (callback) => end.watch(callback),
    close: (code = wsCloseCodes.normal, reason = '') => close(code, reason),
  };
}

function closeSocket(socket: WebSocketLike, code: number, reason: string): void {
  const short = shorten(reason);
  try {
    socket.close(code, short);
  } catch {
    // Browsers let a page send 1000 and 3000-4999 only; the protocol's own codes become ours.
    socket.close(code >= 1000 && code < 2000 ? code + 3000 : wsCloseCodes.normal, short);
  }
}

function shorten(reason: string): string {
  const encoder = new TextEncoder();
  let short = reason.slice(0, MAX_REASON_BYTES);
  while (encoder.encode(short).length > MAX_REASON_BYTES) short = short.slice(0, -1);
  return short.isWellFormed() ? short : short.slice(0, -1);
}
