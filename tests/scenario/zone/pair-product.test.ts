import { join } from 'node:path';
import { readRunFiles } from '@guildhall/kit';
import { Product } from '@guildhall/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { until } from './connector-vm.ts';

const State = z.object({ pair: z.object({ state: z.string() }), routers: z.array(z.unknown()) });

test('two controllers of one account find each other with nothing set', async () => {
  await using product = await Product.start({ routers: 2, controllers: 2 });
  const places = [join(product.dataDir, 'run'), join(product.dataDir, 'vms', '2', 'run')];
  for (const place of places) {
    const { routers } = await until(`the controller of ${place} linked with the other`, async () => {
      const run = (await readRunFiles(place)).find(({ role }) => role === 'zctrl');
      const answer = await fetch(`http://127.0.0.1:${run?.adminPort}/debug/state`).catch(() => undefined);
      const read = State.safeParse(await answer?.json());
      return read.success && read.data.pair.state === 'connected' ? read.data : undefined;
    });
    expect(routers.length).toBeGreaterThan(0);
  }
}, 90_000);
