import { gatewayContract, newIdText, UserIdSchema } from '@guildhall/protocol';
import { createPeer, memoryPipePair, type LinkClock, type Pipe } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import { listenToGateway } from './gateway.ts';

const userId = UserIdSchema.parse(newIdText('user', (count) => new Uint8Array(count)));

/** Stands still until it is moved on. */
class StillClock implements LinkClock {
  #nowMs = 0;
  readonly #due = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  now = (): number => this.#nowMs;

  setTimeout = (callback: () => void, delayMs: number) => {
    const entry = { atMs: this.#nowMs + delayMs, callback };
    this.#due.add(entry);
    return { cancel: () => void this.#due.delete(entry) };
  };

  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      // Whatever was awaiting gets its turn.
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#due].filter(({ atMs }) => atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#due.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}

function scene(chance: number) {
  const clock = new StillClock();
  const cloud = { isUp: true, hellos: 0, link: undefined as Pipe | undefined };
  const dial = async (): Promise<Pipe> => {
    if (!cloud.isUp) throw new Error('The gateway cannot be reached.');
    const [ours, theirs] = memoryPipePair();
    cloud.link = theirs;
    const hello = () => {
      cloud.hellos++;
      return { userId, version: '1.0.0' };
    };
    createPeer({ contract: gatewayContract, side: 'a', pipe: theirs, handlers: { hello } });
    return ours;
  };
  const nothing = (): void => undefined;
  const listener = { onStarted: nothing, onEnded: nothing, onChanged: nothing };
  const gateway = listenToGateway(listener, { dial, clock, random: { float: () => chance } });
  return { clock, cloud, gateway };
}

test.each([0.999, 0.6, 0.1])(
  'after a long absence of the cloud a page is back within 5 s, at its own moment (%s)',
  async (chance) => {
    const { clock, cloud, gateway } = scene(chance);
    await clock.advance(20_000);
    expect(cloud.hellos).toBe(1);
    cloud.isUp = false;
    cloud.link?.close(1012, 'restart');
    await clock.advance(3_600_000);
    expect(cloud.hellos).toBe(1);
    cloud.isUp = true;
    // At the worst the last attempt was just in vain.
    await clock.advance(Math.ceil(chance * 4_000));
    expect(cloud.hellos).toBe(2);
    gateway.close();
  },
);
