import type { MeetingUpdate, SpecField } from '@guildhall/domain';
import type { PortalChanges } from '@guildhall/protocol';
import type { StoredMeeting } from '../store/port.ts';

/** What its owner changed of a meeting, by the time it was last changed; undefined when nothing was. */
export function portalChangesOf(
  meeting: Pick<StoredMeeting, 'id' | 'topic' | 'settings' | 'changedAtMs'>,
  nowMs: number,
): PortalChanges | undefined {
  const { topic, settings, changedAtMs } = meeting;
  const times = [...new Set(Object.values(changedAtMs))].filter((time) => time !== undefined);
  const changes = times.map((atMs) => {
    const isThen = (field: SpecField): boolean => changedAtMs[field] === atMs;
    const { lobby, guestsAllowed, joinBeforeHost, muteOnEntry, chat, screenShare } = settings;
    const changed: MeetingUpdate['settings'] = {
      ...(isThen('lobby') && { lobby }),
      ...(isThen('guestsAllowed') && { guestsAllowed }),
      ...(isThen('joinBeforeHost') && { joinBeforeHost }),
      ...(isThen('muteOnEntry') && { muteOnEntry }),
      ...(isThen('chat') && { chat }),
      ...(isThen('screenShare') && { screenShare }),
    };
    return {
      atMs,
      // A clock that was set back must not make it a change to come.
      agoMs: Math.max(0, Math.round(nowMs - atMs)),
      ...(isThen('topic') && { topic }),
      ...(Object.keys(changed).length > 0 && { settings: changed }),
    };
  });
  return changes.length === 0 ? undefined : { meetingId: meeting.id, changes };
}
