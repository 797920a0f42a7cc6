import type { ParticipantView } from '@guildhall/domain';
import { remoteKey } from '@guildhall/meeting-client';
import { Loader } from '@mantine/core';
import { Hand, MicOff, MonitorUp } from 'lucide-react';
import { memo, type CSSProperties } from 'react';
import type { Box } from '../lib/tile-grid.ts';
import { Video } from '../prejoin/video.tsx';
import { useWords } from '../words/words.ts';
import { useDevices, useMeeting } from './context.ts';
import { Face } from './face.tsx';
import classes from './tile.module.css';
import type { Tile } from './tiles.ts';

export const placeOf = (box: Box): CSSProperties => ({
  left: box.leftPx,
  top: box.topPx,
  width: box.widthPx,
  height: box.heightPx,
});

const hasVoice = (person: ParticipantView): boolean =>
  person.tracks.some((track) => track.source === 'mic' && !track.muted);

/** One person: picture or initials, name, whether they are muted, speak, have a hand up or lost their link. */
export const PersonTile = memo(({ tile: { person, isSelf, box, isMain } }: { readonly tile: Tile }) => {
  const isSpeaking = useSpeaking(person);
  return (
    <section
      className={classes.tile}
      style={placeOf(box)}
      data-speaking={isSpeaking || undefined}
      data-away={person.presence === 'reconnecting' || undefined}
      aria-label={person.name}
    >
      {isSelf ? <OwnPicture person={person} /> : <Picture person={person} fit={isMain ? 'whole' : 'fill'} />}
      <Plate person={person} isSelf={isSelf} isSpeaking={isSpeaking} />
    </section>
  );
});

/** Somebody's screen, whole and unmirrored; one's own only by a word. */
export const ScreenTile = memo(({ tile: { person, isSelf, box } }: { readonly tile: Tile }) => {
  const t = useWords();
  const remote = useMeeting((state) => state.remote[remoteKey(person.participantId, 'screen')]);
  const name = t('stage.screenOf', { name: person.name });
  return (
    <section
      className={classes.tile}
      data-screen
      style={placeOf(box)}
      aria-label={isSelf ? t('stage.sharing') : name}
    >
      {isSelf ? (
        <div className={classes.sharing}>
          <MonitorUp size={32} aria-hidden />
          <p>{t('stage.sharing')}</p>
          <p className={classes.soft}>{t('stage.sharingText')}</p>
        </div>
      ) : remote ? (
        <Video track={remote.track} name={name} className={classes.whole} />
      ) : (
        <div className={classes.sharing}>
          <Loader size={28} aria-hidden />
          <p className={classes.soft}>{t('stage.screenLoading', { name: person.name })}</p>
        </div>
      )}
      {isSelf ? null : <span className={classes.plate}>{name}</span>}
    </section>
  );
});

export const useSpeaking = (person: ParticipantView): boolean => {
  const isAudible = useMeeting((state) => state.speakers.has(person.participantId));
  return isAudible && hasVoice(person);
};

const Picture = ({ person, fit }: { readonly person: ParticipantView; readonly fit: 'fill' | 'whole' }) => {
  const t = useWords();
  const remote = useMeeting((state) => state.remote[remoteKey(person.participantId, 'camera')]);
  const sends = person.tracks.some((track) => track.source === 'camera' && !track.muted);
  if (!remote || (!sends && !remote.stale)) return <NoPicture person={person} />;
  return (
    <Video
      track={remote.track}
      name={t('stage.pictureOf', { name: person.name })}
      className={remote.stale ? classes.stale : classes[fit]}
    />
  );
};

export const OwnPicture = ({ person }: { readonly person: ParticipantView }) => {
  const t = useWords();
  const track = useDevices((state) => (state.camera.on ? state.camera.track : null));
  if (!track) return <NoPicture person={person} />;
  return <Video track={track} name={t('stage.selfView')} className={classes.fill} mirrored />;
};

const NoPicture = ({ person }: { readonly person: ParticipantView }) => (
  <div className={classes.noPicture}>
    <Face id={person.participantId} name={person.name} size="large" />
  </div>
);

const Plate = ({
  person,
  isSelf,
  isSpeaking,
}: {
  readonly person: ParticipantView;
  readonly isSelf: boolean;
  readonly isSpeaking: boolean;
}) => {
  const t = useWords();
  const isAway = person.presence === 'reconnecting';
  return (
    <>
      {person.handRaisedAtMs === null ? null : (
        <span className={classes.hand}>
          <Hand size={16} aria-hidden />
          <span className="gh-visually-hidden">{t('stage.hand')}</span>
        </span>
      )}
      <span className={classes.plate}>
        {hasVoice(person) ? (
          <Level id={person.participantId} isSpeaking={isSpeaking} />
        ) : (
          <span className={classes.muted}>
            <MicOff size={14} aria-hidden />
            <span className="gh-visually-hidden">{t('stage.muted')}</span>
          </span>
        )}
        <span className={classes.name}>{isSelf ? `${person.name} (${t('you')})` : person.name}</span>
        {isAway ? <span className={classes.away}>{t('stage.reconnecting')}</span> : null}
      </span>
    </>
  );
};

/** Three small bars; decoration beside the ring. */
const Level = ({
  id,
  isSpeaking,
}: {
  readonly id: ParticipantView['participantId'];
  readonly isSpeaking: boolean;
}) => {
  const level = useMeeting((state) => levelOf(state.speakers.get(id)));
  if (!isSpeaking) return null;
  return (
    <span className={classes.level} data-level={level} aria-hidden>
      <i />
      <i />
      <i />
    </span>
  );
};

const levelOf = (decibels: number | undefined): 0 | 1 | 2 | 3 => {
  if (decibels === undefined || decibels < -60) return 0;
  if (decibels < -45) return 1;
  return decibels < -30 ? 2 : 3;
};
