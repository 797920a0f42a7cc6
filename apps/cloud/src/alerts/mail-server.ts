import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { CertifiedKey } from '@guildhall/kit/tls';

export interface ReceivedMail {
  readonly from: string;
  readonly to: string;
  /** Headers and body as they came, dots unstuffed. */
  readonly text: string;
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
}

export interface MailServerOptions {
  /** With it STARTTLS is offered. */
  readonly tls?: CertifiedKey;
  /** With it nobody sends without signing in. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly refused?: readonly string[];
}

/** As much of SMTP (RFC 5321, AUTH PLAIN of RFC 4954, STARTTLS of RFC 3207) as a client needs; for tests. */
export async function startMailServer(options: MailServerOptions = {}) {
  const mails: ReceivedMail[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.write('220 mail.test ESMTP\r\n');
    talk(socket, { options, commands, mails, isEncrypted: false });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    mails,
    commands,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

interface Talk {
  readonly options: MailServerOptions;
  readonly commands: string[];
  readonly mails: ReceivedMail[];
  readonly isEncrypted: boolean;
}

function talk(socket: Socket, { options, commands, mails, isEncrypted }: Talk): void {
  let from = '';
  let to = '';
  let user: string | undefined;
  let data: string[] | undefined;
  let rest = '';
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  const answer = (line: string): void => {
    const [verb = '', argument = ''] = line.split(/[ :](.*)/su);
    commands.push(verb.toUpperCase());
    switch (verb.toUpperCase()) {
      case 'EHLO':
        if (options.tls && !isEncrypted) say('250-STARTTLS');
        if (options.login) say('250-AUTH PLAIN');
        return say('250 SIZE 100000');
      case 'STARTTLS': {
        say('220 go ahead');
        socket.removeAllListeners('data');
        const secure = new TLSSocket(socket, {
          isServer: true,
          cert: options.tls?.certPem,
          key: options.tls?.keyPem,
        });
        return talk(secure, { options, commands, mails, isEncrypted: true });
      }
      case 'AUTH': {
        const [, name, password] = Buffer.from(argument.split(' ')[1] ?? '', 'base64')
          .toString()
          .split('\0');
        if (name !== options.login?.user || password !== options.login?.password) {
          // As careless servers do: what was sent comes back.
          return say(`535 5.7.8 no such name and password: ${name} ${password}`);
        }
        user = name;
        return say('235 welcome');
      }
      case 'MAIL':
        if (options.login && user === undefined) return say('530 5.7.0 sign in first');
        from = /<(.*?)>/u.exec(argument)?.[1] ?? '';
        return say('250 ok');
      case 'RCPT':
        to = /<(.*?)>/u.exec(argument)?.[1] ?? '';
        return say(options.refused?.includes(to) ? '550 5.1.1 no such user' : '250 ok');
      case 'DATA':
        data = [];
        return say('354 go ahead');
      case 'QUIT':
        say('221 bye');
        return void socket.end();
      default:
        return say('502 not here');
    }
  };
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('utf8');
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (!data) answer(line);
      else if (line === '.') {
        mails.push({ from, to, text: data.join('\n'), isEncrypted, user });
        data = undefined;
        say('250 taken');
      } else data.push(line.startsWith('.') ? line.slice(1) : line);
    }
  });
}
