/* oxlint-disable vitest/expect-expect -- `check` asserts */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { links, World } from './testing/world.ts';

const index = (max: number) => fc.nat({ max });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('join' as const), n: index(1) }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('deliver' as const), n: index(20) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('act' as const), n: index(2) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('advance' as const), n: fc.constantFrom(50, 350, 800, 12_000) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cut' as const), n: index(links.length - 1) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('flush' as const), n: fc.constantFrom(5, 20, 60) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('split' as const, 'heal-all' as const), n: index(7) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('heal' as const), n: index(links.length - 1) }) },
  fc.record({
    do: fc.constantFrom('kill' as const, 'restart' as const, 'pause' as const, 'resume' as const),
    n: index(1),
  }),
  fc.record({ do: fc.constant('kill-router' as const), n: index(2) }),
);
interface Step {
  readonly do: string;
  readonly n: number;
}

const run = (world: World, steps: readonly Step[]): void => {
  for (const { do: what, n } of steps) {
    const controller = world.controllers[n];
    const router = world.routers[n];
    const link = links[n];
    if (what === 'deliver') world.deliver(n);
    else if (what === 'advance') world.advance(n);
    else if (what === 'cut' && link) world.cutLink(...link);
    else if (what === 'heal' && link) world.heal(...link);
    else if (what === 'flush') for (let count = 0; count < n; count++) world.deliver(count);
    else if (what === 'split') world.split(n);
    else if (what === 'heal-all') world.healAll();
    else if (what === 'act') world.act(n);
    else if (what === 'kill-router' && router) world.killRouter(router);
    else if (what === 'join' && controller) world.want(controller);
    else if (what === 'kill' && controller) world.kill(controller);
    else if (what === 'restart' && controller) world.restart(controller);
    else if (what === 'pause' && controller) controller.isPaused = controller.isUp;
    else if (what === 'resume' && controller) controller.isPaused = false;
  }
};

const heal = (world: World): void => {
  for (const controller of world.controllers) {
    controller.isPaused = false;
    world.restart(controller);
  }
  world.healAll();
  world.settle();
};

const check = (steps: readonly Step[]): void => {
  const world = new World();
  run(world, steps);
  heal(world);
  for (const controller of world.controllers) world.want(controller);
  world.settle();
  const copies = world.routers.filter(({ copy }) => copy !== null);
  expect(copies).toHaveLength(1);
  const [owner] = copies;
  expect(owner?.copy?.acts).toEqual(expect.arrayContaining([...world.acknowledged]));
  for (const { knowledge } of world.controllers) {
    expect(knowledge.place).toEqual({ routerId: owner?.id, epoch: owner?.copy?.epoch });
  }
};

describe('a meeting in a zone of two controllers', () => {
  test('is open on one router after every story, with every act that was acknowledged', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), (steps) => check(steps)),
      { numRuns: 1_500 },
    );
  });

  test('with all links whole it is never open twice, however both are asked', () => {
    const calm = fc.oneof(
      fc.record({ do: fc.constant('join' as const), n: index(1) }),
      fc.record({ do: fc.constant('deliver' as const), n: index(20) }),
      fc.record({ do: fc.constant('act' as const), n: index(2) }),
      fc.record({ do: fc.constant('advance' as const), n: fc.constantFrom(0, 10, 50) }),
    );
    fc.assert(
      fc.property(fc.array(calm, { maxLength: 80, size: 'max' }), (steps) => {
        const world = new World();
        for (const one of steps) {
          // A message that takes longer than the peer is waited for is the other property's business.
          if (one.do === 'advance') while (world.queue.length > 0) world.deliver(0);
          run(world, [one]);
          expect(world.routers.filter(({ copy }) => copy !== null).length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
