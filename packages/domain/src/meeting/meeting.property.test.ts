/* oxlint-disable vitest/no-conditional-expect, vitest/expect-expect, typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- a property asserts on those steps of a random story it is about; ids are made by hand */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ParticipantId } from '../ids.ts';
import { fromCheckpoint, toCheckpoint } from './checkpoint.ts';
import { storeNeeds } from './commands.ts';
import { decide } from './decide.ts';
import { isModerator } from './permissions.ts';
import { nextDeadlineMs, personOf, waitingOf } from './state.ts';
import type { MeetingView } from './types.ts';
import { applyChanges, changesFor, viewFor } from './view.ts';
import { openMeeting, participants, play, story, times } from './testing/stories.ts';

describe('a live meeting, whatever happens in it', () => {
  test('the snapshot is the sum of the changes, for each participant', () => {
    fc.assert(
      fc.property(story, (told) => {
        const views = new Map<ParticipantId, MeetingView>();
        for (const { result, after } of play(told)) {
          if (!result.ok) continue;
          for (const participantId of participants) {
            const snapshot = viewFor(after, participantId);
            if (!snapshot) {
              views.delete(participantId);
              continue;
            }
            const view = views.get(participantId);
            const folded = view
              ? applyChanges(view, changesFor(after, result.changes, participantId))
              : snapshot;
            expect(folded).toEqual(snapshot);
            views.set(participantId, folded);
          }
        }
      }),
    );
  });

  test('the revision grows by one exactly when somebody may see a difference', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const { before, after, result } of play(told)) {
          if (!result.ok) continue;
          const told1 = result.changes.all.length + result.changes.moderators.length;
          expect(after.rev).toBe(before.rev + (told1 > 0 ? 1 : 0));
          if (told1 === 0) {
            for (const one of participants) expect(viewFor(after, one)).toEqual(viewFor(before, one));
          }
        }
      }),
    );
  });

  test('nobody is in the lobby and in the meeting, and the lobby sees and sends nothing', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const { after, result } of play(told)) {
          for (const { participantId } of after.waiting) {
            expect(personOf(after, participantId)).toBeUndefined();
            expect(viewFor(after, participantId)).toBeUndefined();
            if (result.ok) expect(changesFor(after, result.changes, participantId)).toEqual([]);
          }
          const ids = [...after.people, ...after.waiting].map((one) => one.participantId);
          expect(new Set(ids).size).toBe(ids.length);
          const trackIds = after.people.flatMap((person) => person.tracks.map((track) => track.trackId));
          expect(new Set(trackIds).size).toBe(trackIds.length);
        }
      }),
    );
  });

  test('who was removed never comes back, on no device', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const { after } of play(told)) {
          for (const { participantId, subject } of after.removed) {
            const here = [...after.people, ...after.waiting];
            expect(here.some((one) => one.participantId === participantId || one.subject === subject)).toBe(
              false,
            );
          }
        }
      }),
    );
  });

  test('only those who run the meeting change it for others', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const { before, command: asked, result } of play(told)) {
          if (!('by' in asked) || storeNeeds[asked.kind] !== 'commit') continue;
          const role = personOf(before, asked.by)?.role;
          if (role === undefined || !isModerator(role)) expect(result.ok).toBe(false);
        }
      }),
    );
  });

  test('a host is made a lesser role by nobody else, and removed by nobody', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const { before, after, command: asked } of play(told)) {
          for (const person of before.people.filter(({ role }) => role === 'host')) {
            const later = personOf(after, person.participantId);
            if (later === undefined) expect(['leave', 'tick']).toContain(asked.kind);
            else if (later.role !== 'host') {
              expect(asked).toMatchObject({ kind: 'setRole', by: person.participantId });
            }
          }
        }
      }),
    );
  });

  test('host mute only ever mutes', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const { result, command: asked } of play(told)) {
          if (!result.ok || (asked.kind !== 'mute' && asked.kind !== 'muteAll')) continue;
          for (const change of result.changes.all) {
            expect(change).toMatchObject({ kind: 'track.changed', muted: true });
          }
        }
      }),
    );
  });

  test('the same command twice has one effect', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const { result, command: asked, context, after } of play(told)) {
          if (!result.ok) continue;
          const again = decide(after, asked, context);
          // A repeat may be refused by what the first one did (leaving, giving the role away), but never does more.
          if (again.ok && !result.more) expect(again.state).toEqual(after);
        }
      }),
    );
  });

  test('a checkpoint holds all of the people, and comes back as it went', () => {
    fc.assert(
      fc.property(story, (told) => {
        const state = play(told).at(-1)?.after ?? openMeeting(told.settings);
        const checkpoint = toCheckpoint(state);
        const restored = fromCheckpoint(checkpoint, { nowMs: 0, graceMs: 60_000, emptyGraceMs: 60_000 });
        expect(toCheckpoint(restored)).toEqual(checkpoint);
        for (const { participantId, subject, name, role } of state.people) {
          const person = { participantId, subject, name, role: 'guest' as const };
          const back = decide(restored, { kind: 'join', person }, { nowMs: 1, ...times });
          expect(back.ok && personOf(back.state, participantId)).toMatchObject({
            role,
            presence: 'connected',
          });
        }
        for (const { participantId, role, subject, name } of state.waiting) {
          const back = decide(
            restored,
            { kind: 'join', person: { participantId, subject, name, role } },
            { nowMs: 1, ...times },
          );
          expect(
            back.ok && (waitingOf(back.state, participantId) ?? personOf(back.state, participantId)),
          ).toBeTruthy();
        }
      }),
    );
  });

  test('what was decided in a copy that gives way holds in the one that goes on', () => {
    fc.assert(
      fc.property(story, story, (here, there) => {
        const before = play(here).at(-1)?.after ?? openMeeting(here.settings);
        const other = toCheckpoint(play(there).at(-1)?.after ?? openMeeting(there.settings));
        const context = { nowMs: 1e7, ...times };
        const merged = decide(before, { kind: 'merge', checkpoint: other }, context);
        if (!merged.ok) return;
        const { state, changes } = merged;
        for (const participantId of participants) {
          const view = viewFor(before, participantId);
          const snapshot = viewFor(state, participantId);
          // Who comes in from the lobby gets a snapshot.
          if (view && snapshot) {
            expect(applyChanges(view, changesFor(state, changes, participantId))).toEqual(snapshot);
          }
        }
        const barred = [...before.removed, ...other.removed];
        const isBarred = (one: { participantId: ParticipantId; subject: string }): boolean =>
          barred.some((bar) => bar.participantId === one.participantId || bar.subject === one.subject);
        expect([...state.people, ...state.waiting].filter(isBarred)).toEqual([]);
        expect(state.locked).toBe(before.locked || other.locked);
        expect(state.spec.settings.lobby).toBe(before.spec.settings.lobby || other.spec.settings.lobby);
        for (const person of [...before.people, ...other.people].filter((one) => !isBarred(one))) {
          expect(personOf(state, person.participantId)).toBeDefined();
        }
        const again = decide(state, { kind: 'merge', checkpoint: other }, context);
        expect(again.ok && again.state).toEqual(state);
      }),
    );
  });

  test('left alone it always ends', () => {
    fc.assert(
      fc.property(story, (told) => {
        let state = play(told).at(-1)?.after ?? openMeeting(told.settings);
        const present = [...state.people, ...state.waiting].map(({ participantId }) => participantId);
        for (const participantId of present) {
          const lost = decide(state, { kind: 'lost', participantId }, { nowMs: 1e9, ...times });
          if (lost.ok) state = lost.state;
        }
        for (let turn = 0; turn < 10 && state.ended === null; turn++) {
          const nowMs = nextDeadlineMs(state);
          expect(nowMs).not.toBeNull();
          const ticked = decide(state, { kind: 'tick' }, { nowMs: nowMs ?? 0, ...times });
          if (ticked.ok) state = ticked.state;
        }
        expect(state.ended).toBe('empty');
      }),
    );
  });
});
