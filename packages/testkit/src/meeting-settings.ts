import type { MeetingSettings } from '@guildhall/domain';

/** A meeting into which everybody comes straight away and where everything is allowed. */
export const openSettings: MeetingSettings = {
  lobby: false,
  guestsAllowed: true,
  joinBeforeHost: true,
  muteOnEntry: false,
  chat: true,
  screenShare: 'everyone',
};

/** As a zone is told of a meeting. */
export const meetingSpec = (meetingId: string, settings: Partial<MeetingSettings> = {}) => ({
  meetingId,
  number: '123456789',
  topic: 'Stand-up',
  settings: { ...openSettings, ...settings },
});
