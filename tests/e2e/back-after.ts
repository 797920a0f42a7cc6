import { inboundStreams, type Person } from '@guildhall/testkit';

/** Does the damage; says how long after it everybody receives everybody else again, on streams that were not there before. */
export const backAfterMs = async (people: readonly Person[], damage: () => void): Promise<number> => {
  const before = await Promise.all(people.map((person) => inboundStreams(person.page)));
  const others = people.length - 1;
  const begunMs = performance.now();
  damage();
  await Promise.all(
    people.map((person, index) =>
      person.receives({ video: others, audio: others, newSince: before[index] ?? [] }),
    ),
  );
  return Math.round(performance.now() - begunMs);
};
