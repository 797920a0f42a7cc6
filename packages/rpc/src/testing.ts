import { z } from 'zod';
import type { LinkClock } from './clock.ts';
import type { Contract, Handlers } from './contract.ts';
import { createPeer, type Peer, type PeerOptions } from './peer.ts';
import { memoryPipePair, type Pipe } from './pipe.ts';

/** A clock which only moves when told to. */
export class ManualClock implements LinkClock {
  #nowMs = 1_000_000;
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): { cancel(): void } {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  get timers(): number {
    return this.#timers.size;
  }

  async advance(byMs: number): Promise<void> {
    await turn();
    this.#nowMs += byMs;
    const due = [...this.#timers]
      .filter(({ atMs }) => atMs <= this.#nowMs)
      .toSorted((a, b) => a.atMs - b.atMs);
    for (const timer of due) {
      if (!this.#timers.delete(timer)) continue;
      timer.callback();
      await turn();
    }
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const shopContract = {
  name: 'shop',
  version: 1,
  a: {
    requests: {
      'item.add': {
        input: z.object({ name: z.string().min(1).max(20), count: z.int().min(1).default(1) }),
        output: z.object({ total: z.int() }),
        errors: ['shop.full'],
        retry: 'never',
      },
      'shop.wait': { input: z.object({}), output: z.object({}), errors: [], retry: 'safe' },
    },
    events: { 'total.changed': { data: z.object({ total: z.int() }) } },
  },
  b: {
    requests: {
      'price.ask': {
        input: z.object({ name: z.string() }),
        output: z.object({ cents: z.int() }),
        errors: [],
        retry: 'safe',
      },
    },
    events: { 'customer.left': { data: z.object({ why: z.string() }) } },
  },
} as const satisfies Contract;

export type ShopContract = typeof shopContract;
type Options<S extends 'a' | 'b'> = Partial<Omit<PeerOptions<ShopContract, S>, 'handlers'>> & {
  handlers?: Partial<Handlers<ShopContract[S]>>;
};

export interface Shop {
  shop: Peer<ShopContract, 'a'>;
  customer: Peer<ShopContract, 'b'>;
}

export function shopPeer(pipe: Pipe, options: Options<'a'> = {}): Peer<ShopContract, 'a'> {
  const handlers: Handlers<ShopContract['a']> = {
    'item.add': ({ count }) => ({ total: count }),
    'shop.wait': () => new Promise(() => undefined),
    ...options.handlers,
  };
  return createPeer({ contract: shopContract, side: 'a', pipe, ...options, handlers });
}

export function customerPeer(pipe: Pipe, options: Options<'b'> = {}): Peer<ShopContract, 'b'> {
  const handlers: Handlers<ShopContract['b']> = { 'price.ask': () => ({ cents: 100 }), ...options.handlers };
  return createPeer({ contract: shopContract, side: 'b', pipe, ...options, handlers });
}

export function openShop(shopOptions: Options<'a'> = {}, customerOptions: Options<'b'> = {}): Shop {
  const [left, right] = memoryPipePair();
  return { shop: shopPeer(left, shopOptions), customer: customerPeer(right, customerOptions) };
}

/** A raw other end, to send what no honest peer would. `next` resolves with the next message. */
export function rawEnd(options: Options<'a'> = {}): {
  pipe: Pipe;
  shop: Peer<ShopContract, 'a'>;
  ask: (text: string) => Promise<unknown>;
} {
  const [left, right] = memoryPipePair();
  const shop = shopPeer(left, options);
  let heard: ((message: unknown) => void) | undefined;
  right.onMessage((text) => heard?.(JSON.parse(text)));
  const ask = (text: string): Promise<unknown> =>
    new Promise((resolve) => {
      heard = resolve;
      right.send(text);
    });
  return { pipe: right, shop, ask };
}
