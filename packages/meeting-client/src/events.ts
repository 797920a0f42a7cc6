import type { EventName, EventReceived } from '@guildhall/rpc';
import type { Gate } from './link/gate.ts';
import type { MeetingPeer, RouterHalf } from './link/slot.ts';

type RouterEvent = EventName<RouterHalf>;

/** A handler for every event of the router: a missing one does not compile. */
export type EventHandlers = { readonly [K in RouterEvent]: (data: EventReceived<RouterHalf, K>) => void };

/** Wires the handlers to a link; nothing reaches them before the gate opens. */
export const wireEvents = (peer: MeetingPeer, gate: Gate, handlers: EventHandlers): void => {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the handler to its event
  const hear = <K extends RouterEvent>(name: K): void => {
    peer.on(name, (data) => gate.run(() => handlers[name](data)));
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of the handlers has no other keys
  const names = Object.keys(handlers) as RouterEvent[];
  for (const name of names) hear(name);
};
