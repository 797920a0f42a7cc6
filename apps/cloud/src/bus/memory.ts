import type { Logger } from '@guildhall/kit';
import type { Bus, BusTopics, Topic } from './port.ts';

type Subscriber = (message: unknown) => void;

/** The bus of a single process. Messages arrive after the publisher's turn, as they would from a network. */
export function createMemoryBus(logger: Pick<Logger, 'error'>): Bus {
  const subscribers = new Map<Topic, Set<Subscriber>>();
  const deliver = (topic: Topic, message: unknown): void => {
    for (const subscriber of subscribers.get(topic) ?? []) {
      try {
        subscriber(message);
      } catch (error) {
        logger.error({ err: error, topic }, 'a subscriber of the bus failed');
      }
    }
  };
  return {
    publish(topic, message) {
      queueMicrotask(() => deliver(topic, message));
    },
    subscribe<T extends Topic>(topic: T, subscriber: (message: BusTopics[T]) => void) {
      const known = subscribers.get(topic) ?? new Set<Subscriber>();
      subscribers.set(topic, known);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- publish ties the message's type to the topic
      const own = (message: unknown): void => subscriber(message as BusTopics[T]);
      known.add(own);
      return () => void known.delete(own);
    },
  };
}
