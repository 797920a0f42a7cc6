import { Product, until } from '@guildhall/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';

const State = z.object({ pair: z.object({ state: z.string() }), routers: z.array(z.unknown()) });

test('two controllers of one account find each other with nothing set', async () => {
  await using product = await Product.start({ routers: 2, controllers: 2 });
  for (const vm of [1, 2]) {
    const { routers } = await until(`the controller of VM ${vm} linked with the other`, async () => {
      const files = await product.runFiles();
      const run = files.find((one) => one.role === 'zctrl' && one.vm === vm);
      const answer = await fetch(`http://127.0.0.1:${run?.adminPort}/debug/state`).catch(() => undefined);
      const read = State.safeParse(await answer?.json());
      return read.success && read.data.pair.state === 'connected' && read.data;
    });
    expect(routers.length).toBeGreaterThan(0);
  }
});
