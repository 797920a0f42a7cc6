/* oxlint-disable vitest/expect-expect -- `check` asserts */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimelyWorld } from './testing/timely-world.ts';
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

  const moment = fc.constantFrom(10, 30, 60, 200, 320, 700, 1_500, 11_000);
  const common = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('join' as const), n: index(1) }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), n: index(20) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), n: moment }) },
    // Once it is open nothing more is decided, until its router dies.
    { weight: 3, arbitrary: fc.record({ do: fc.constant('kill-owner' as const), n: index(0) }) },
  );
  const runTimely = (steps: readonly Step[]): void => {
    const world = new TimelyWorld();
    for (const { do: what, n } of steps) {
      const controller = world.controllers[n % 2];
      const router = world.routers[n % 3];
      const owner = world.routers.find(({ copy }) => copy !== null);
      if (what === 'pass') world.pass(n);
      else if (what === 'kill-owner' && owner) world.killRouter(owner);
      else if (what === 'cut-pair') world.cutPair();
      else if (what === 'heal-pair') world.heal('c0', 'c1');
      else if (what === 'kill' && controller) world.killFor(controller);
      else if (what === 'lose-sight' && controller && router) world.loseSight(controller, router);
      else if (what === 'find' && controller && router) {
        world.heal(controller.name, router.name);
        world.calm();
      } else run(world, [{ do: what, n }]);
      const open = world.routers.filter(({ copy }) => copy !== null);
      expect(open.length, JSON.stringify(open)).toBeLessThanOrEqual(1);
    }
  };

  test('with messages that arrive in time and the cloud as witness it is never open twice, whoever is killed or stands still', () => {
    const trouble = fc.oneof(
      { weight: 20, arbitrary: common },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const), n: index(1) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constantFrom('cut-pair' as const, 'heal-pair' as const), n: index(0) }),
      },
      fc.record({ do: fc.constant('kill' as const), n: index(1) }),
    );
    fc.assert(fc.property(fc.array(trouble, { minLength: 10, maxLength: 60, size: 'max' }), runTimely), {
      numRuns: 4_000,
    });
  });

  test('nor when the two controllers do not hear each other and each sees other routers', () => {
    const apart = fc.oneof(
      { weight: 20, arbitrary: common },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constantFrom('lose-sight' as const, 'find' as const), n: index(5) }),
      },
    );
    fc.assert(
      fc.property(fc.array(apart, { minLength: 10, maxLength: 60, size: 'max' }), (steps) =>
        runTimely([{ do: 'cut-pair', n: 0 }, ...steps]),
      ),
      { numRuns: 4_000 },
    );
  });
});
