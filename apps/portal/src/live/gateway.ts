import { gatewayContract } from '@guildhall/protocol';
import {
  createPeer,
  createReconnectingLink,
  wsPipe,
  type LinkClock,
  type LinkRandom,
  type Pipe,
} from '@guildhall/rpc';
import { readChoice, writeChoice } from '@guildhall/ui';

const heardKey = 'guildhall.heard';
const heardLimit = 20;

/**
 * When the cloud is back, every page is within four seconds, spread evenly over them. One that is hard to reach must not
 * hold an attempt for long either.
 */
const backoff = { firstMs: 1_000, maxMs: 4_000 };
const attemptTimeoutMs = 8_000;

export interface MeetingStarted {
  readonly meetingId: string;
  readonly number: string;
  readonly topic: string;
  readonly startedAtMs: number;
}

export interface GatewayListener {
  readonly onStarted: (meeting: MeetingStarted) => void;
  readonly onEnded: (meetingId: string) => void;
  readonly onChanged: () => void;
}

const gatewayUrl = (): string => `${location.origin.replace(/^http/u, 'ws')}/gateway`;

function dial(signal: AbortSignal): Promise<Pipe> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(gatewayUrl());
    const refuse = (): void => {
      socket.close();
      reject(new Error('The gateway cannot be reached.'));
    };
    signal.addEventListener('abort', refuse, { once: true });
    socket.addEventListener('error', refuse, { once: true });
    socket.addEventListener('open', () => {
      signal.removeEventListener('abort', refuse);
      socket.removeEventListener('error', refuse);
      resolve(wsPipe(socket));
    });
  });
}

/**
 * Listens to the gateway for as long as somebody is signed in; dials again by itself. A repeated "started" of the
 * same run (told again after a reconnect) is heard once.
 */
export function listenToGateway(
  listener: GatewayListener,
  platform: {
    readonly dial?: (signal: AbortSignal) => Promise<Pipe>;
    readonly clock?: LinkClock;
    readonly random?: LinkRandom;
  } = {},
): { close(): void } {
  // The gateway tells again what runs at every connection; a page that is loaded again must not.
  const heard = new Set((readChoice(heardKey) ?? '').split('\n'));
  const link = createReconnectingLink({
    dial,
    ...platform,
    hello: async (pipe) => {
      const peer = createPeer({ contract: gatewayContract, side: 'b', pipe, handlers: {} });
      peer.on('meeting.started', (meeting) => {
        const run = `${meeting.meetingId} ${meeting.startedAtMs}`;
        if (heard.has(run)) return;
        heard.add(run);
        writeChoice(heardKey, [...heard].slice(-heardLimit).join('\n'));
        listener.onStarted(meeting);
      });
      peer.on('meeting.ended', ({ meetingId }) => listener.onEnded(meetingId));
      peer.on('meetings.changed', () => listener.onChanged());
      return peer.request('hello', { protocol: gatewayContract.version, features: [] });
    },
    isFinal: (error) => error.code === 'auth.required' || error.code === 'protocol.version',
    backoff,
    attemptTimeoutMs,
  });
  link.start();
  return { close: () => link.close() };
}
