import { Button } from '@mantine/core';
import { remoteKey, type RemoteTrack } from '@guildhall/meeting-client';
import { Volume2 } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useWords } from '../words/words.ts';
import { playTrack } from '../lib/play-track.ts';
import { useDevices, useMeeting } from './context.ts';
import classes from './meeting.module.css';

/** Everybody's voice, and a button when the browser wants a click before it plays sound. */
export const RemoteSound = () => {
  const t = useWords();
  const remote = useMeeting((state) => state.remote);
  const speaker = useDevices((state) => state.chosen.speaker);
  const [blocked, setBlocked] = useState(false);
  // Grows with each click on the button: then every voice is tried again.
  const [attempt, setAttempt] = useState(0);
  const onBlocked = useCallback(() => setBlocked(true), []);
  const heard = Object.values(remote).filter((one) => one.track.kind === 'audio');
  return (
    <>
      {heard.map((one) => (
        <Voice
          key={`${remoteKey(one.participantId, one.source)}/${attempt}`}
          remote={one}
          speaker={speaker}
          onBlocked={onBlocked}
        />
      ))}
      {blocked ? (
        <div className={classes.unlock} role="alert">
          <span>{t('stage.soundBlocked')}</span>
          <Button
            size="compact-md"
            leftSection={<Volume2 size={16} aria-hidden />}
            onClick={() => {
              setBlocked(false);
              setAttempt(attempt + 1);
            }}
          >
            {t('stage.soundOn')}
          </Button>
        </div>
      ) : null}
    </>
  );
};

const Voice = ({
  remote: { track },
  speaker,
  onBlocked,
}: {
  readonly remote: RemoteTrack;
  readonly speaker: string;
  readonly onBlocked: () => void;
}) => {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (!audio) return undefined;
    playTrack(audio, track).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked();
    });
    return undefined;
  }, [track, onBlocked]);
  useEffect(() => {
    const audio = element.current;
    return () => {
      if (audio) audio.srcObject = null;
    };
  }, []);
  useEffect(() => {
    const audio = element.current;
    // A speaker that is gone: the system's default goes on.
    if (audio && 'setSinkId' in audio) audio.setSinkId(speaker).catch(() => undefined);
  }, [speaker]);
  // oxlint-disable-next-line jsx-a11y/media-has-caption -- live voices have no captions to offer
  return <audio ref={element} autoPlay />;
};
