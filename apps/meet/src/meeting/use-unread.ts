import { useState } from 'react';
import { useMeeting, useMeetingContext } from './context.ts';

/** Lines of others that came since chat was last open. What was said before one came in is not news. */
export const useUnread = (): number => {
  const { client, panel } = useMeetingContext();
  const chat = useMeeting((state) => state.view?.chat);
  const selfId = useMeeting((state) => state.selfId);
  const [seen, setSeen] = useState(() => client.store.getSnapshot().view?.chat.at(-1)?.lineId);
  const newest = chat?.at(-1)?.lineId;
  if (panel === 'chat' && seen !== newest) setSeen(newest);
  if (!chat || panel === 'chat') return 0;
  const from = chat.findIndex((line) => line.lineId === seen) + 1;
  return chat.slice(from).filter((line) => line.participantId !== selfId).length;
};
