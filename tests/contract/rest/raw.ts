import { connect } from 'node:net';

/** Sends bytes as they are and answers everything that came back until the server closed, or `quietMs` of silence. */
export function sendRaw(url: string, text: string | Buffer, quietMs = 400): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    const done = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(quietMs, done);
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.on('error', done).on('close', done);
    socket.write(text);
  });
}

export const statusLine = (answer: string): number => Number(answer.split(' ', 2)[1] ?? 0);
