import { processUse } from '@guildhall/bots';
import { Product } from '@guildhall/testkit';
import { runLoadTest } from './load.ts';
import { measured, warmUpMs, type Contender, type Measured, type Shape } from './shape.ts';

/** Everybody is to get all five voices of W, as from the others; by default four are heard at once in a crowd. */
const speakerSlots = '5';

interface ProductServer extends Contender {
  /** Media workers it has: it takes one for each CPU, and the yardstick as many. */
  readonly workers: number;
}

/** The whole product as `npm start` runs it: cloud, controller, router, console, and what started them. */
export const guildhall = async (): Promise<ProductServer> => {
  const product = await Product.start({ env: { GUILDHALL_MMR_SPEAKER_SLOTS: speakerSlots } });
  const status = await product.status();
  const starterSeconds = async (): Promise<number> => (await processUse(product.pid))?.cpuSeconds ?? 0;
  return {
    name: 'guildhall',
    mediaRoles: ['mmr', 'mmr-worker'],
    workers: status.reduce((sum, { workers }) => sum + workers.length, 0),
    run: async (shape: Shape, seconds: number): Promise<Measured> => {
      const [before, begunMs] = [await starterSeconds(), performance.now()];
      // prettier-ignore
      const report = await runLoadTest(product, [
        '--pin', '--no-mics', '--no-simulcast', '--talk-always', '--join-rate', '40',
        '--meetings', String(shape.meetings), '--participants', String(shape.people),
        '--publishers', String(shape.voices), '--cameras', String(shape.cameras),
        '--video-kbps', String(shape.videoKbps), '--seconds', String(seconds),
        '--warm-up', String(warmUpMs / 1_000),
      ]);
      if (report.failed > 0) throw new Error(`${report.failed} bots could not join the product`);
      // It has no run file that the load test would find; its part of the whole run stands for that of the measured time.
      const part = (seconds * 1_000) / (performance.now() - begunMs);
      const starter = { role: 'up', cpuSeconds: ((await starterSeconds()) - before) * part };
      return measured(report, [...report.servers, starter]);
    },
    [Symbol.asyncDispose]: () => product[Symbol.asyncDispose](),
  };
};
