import { createMeetingClient, platformDeps, type MeetingClient } from '@guildhall/meeting-client';
import { createMediasoupMedia } from '@guildhall/meeting-client/mediasoup';

const media = createMediasoupMedia();

/** Does early what takes long; never rejects. */
export const prepare = (): Promise<void> => media.prepare();
export const createClient = (): MeetingClient => createMeetingClient(platformDeps(media));
export { MeetingScreen } from './meeting-screen.tsx';
