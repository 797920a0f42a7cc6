// One large meeting on the fake engine, signalling and all, in one process with its browsers:
//   npm run bench -- crowd [--sizes 10,50,100,200] [--json]
// - voices: audio streams that a person receives, and all of the meeting together: with speaker slots the first is constant
// - join: CPU of this process for each person who comes in with a muted microphone and a camera. It holds the router and
//   all browsers, each of which reads every change, so it grows with the meeting; compare it with itself only
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { join, makeRouter } from '../tests/scenario/mmr/harness.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10,50,100,200' },
    json: { type: 'boolean', default: false },
  },
});
const Sizes = z.array(z.coerce.number().int().min(1).max(1_000)).min(1).max(20);
const sizes = Sizes.parse(values.sizes.split(','));

const measure = async (people: number) => {
  const router = await makeRouter();
  const before = process.cpuUsage();
  const browsers = [];
  for (let index = 0; index < people; index += 1) {
    const browser = await join(router, `p${index}x`, index === 0 ? 'host' : 'participant');
    browsers.push(browser);
    await browser.send('mic', true);
    await browser.send('camera');
  }
  await router.clock.advance(0);
  const { user, system } = process.cpuUsage(before);
  const voices = browsers.map(({ offer }) => {
    const consumers = router.engine.transport(offer.recv.transportId)?.consumers ?? [];
    return Array.from(consumers).filter(({ kind }) => kind === 'audio').length;
  });
  for (const browser of browsers) browser.peer.close();
  router.zone.close();
  await router.engine.close();
  return {
    people,
    voicesEach: Math.max(...voices),
    voicesAll: voices.reduce((sum, count) => sum + count, 0),
    joinCpuMsEach: Math.round((user + system) / 100 / people) / 10,
  };
};

const rows = [];
for (const people of sizes) rows.push(await measure(people));
for (const { people, voicesEach, voicesAll, joinCpuMsEach } of rows) {
  if (values.json) break;
  process.stdout.write(
    `${people} people: ${voicesEach} voices each, ${voicesAll} in all; ${joinCpuMsEach} ms of CPU for each who comes in\n`,
  );
}
if (values.json) process.stdout.write(`${JSON.stringify({ bench: 'crowd', rows })}\n`);
process.exit(0);
