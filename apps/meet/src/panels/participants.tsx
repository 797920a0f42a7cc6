import {
  isModerator as runsMeeting,
  mayActOn,
  type ParticipantView,
  type WaitingView,
} from '@guildhall/domain';
import { ActionIcon, Button, Menu, Switch } from '@mantine/core';
import { ConfirmDialog } from '@guildhall/ui';
import { EllipsisVertical, Hand, Link, Mic, MicOff, ScreenShare, VideoOff } from 'lucide-react';
import { useState } from 'react';
import { Face } from '../meeting/face.tsx';
import { useMeeting, useMeetingContext } from '../meeting/context.ts';
import { useActions, useRights } from '../meeting/use-actions.ts';
import { useWords } from '../words/words.ts';
import { Panel } from './panel.tsx';
import classes from './panels.module.css';

const nobody: readonly ParticipantView[] = [];
const noneWait: readonly WaitingView[] = [];

/** Who is here and who wants in; for those who run the meeting, what they can do about it. */
export const ParticipantsPanel = () => {
  const t = useWords();
  const { isModerator } = useRights();
  const { copyInvitation } = useActions();
  const people = useMeeting((state) => state.view?.participants ?? nobody);
  const selfId = useMeeting((state) => state.selfId);
  const inOrder = people.toSorted(
    (a, b) =>
      Number(b.participantId === selfId) - Number(a.participantId === selfId) ||
      (a.handRaisedAtMs ?? Infinity) - (b.handRaisedAtMs ?? Infinity) ||
      a.name.localeCompare(b.name),
  );
  return (
    <Panel title={t('participants.title')} footer={isModerator ? <HostControls /> : null}>
      {isModerator ? <Waiting /> : null}
      <section>
        <div className={classes.section}>
          <h3>
            {t('participants.inMeeting')} ({people.length})
          </h3>
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<Link size={14} aria-hidden />}
            onClick={copyInvitation}
          >
            {t('more.invite')}
          </Button>
        </div>
        <ul className={classes.people}>
          {inOrder.map((person) => (
            <Person key={person.participantId} person={person} isSelf={person.participantId === selfId} />
          ))}
        </ul>
      </section>
    </Panel>
  );
};

const Waiting = () => {
  const t = useWords();
  const { client } = useMeetingContext();
  const { attempt } = useActions();
  const waiting = useMeeting((state) => state.view?.lobby ?? noneWait);
  if (waiting.length === 0) return null;
  return (
    <section className={classes.waiting}>
      <div className={classes.section}>
        <h3>
          {t('participants.waiting')} ({waiting.length})
        </h3>
        {waiting.length > 1 ? (
          <Button size="compact-sm" variant="light" onClick={() => void attempt(client.admitAll())}>
            {t('participants.admitAll')}
          </Button>
        ) : null}
      </div>
      <ul className={classes.people}>
        {waiting.map(({ participantId, name }) => (
          <li key={participantId} className={classes.person}>
            <Face id={participantId} name={name} size="small" />
            <span className={classes.who}>
              <span className={classes.name}>{name}</span>
            </span>
            <Button
              size="compact-sm"
              aria-label={t('participants.admitName', { name })}
              onClick={() => void attempt(client.admit(participantId))}
            >
              {t('participants.admit')}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('participants.refuseName', { name })}
              onClick={() => void attempt(client.refuse(participantId))}
            >
              {t('participants.refuse')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
};

const Person = ({ person, isSelf }: { readonly person: ParticipantView; readonly isSelf: boolean }) => {
  const t = useWords();
  const { role } = useRights();
  const title = useRoleWord(person);
  const sendsCamera = person.tracks.some((track) => track.source === 'camera' && !track.muted);
  const sendsScreen = person.tracks.some((track) => track.source === 'screen');
  const hasVoice = person.tracks.some((track) => track.source === 'mic' && !track.muted);
  return (
    <li className={classes.person} data-away={person.presence === 'reconnecting' || undefined}>
      <Face id={person.participantId} name={person.name} size="small" />
      <span className={classes.who}>
        <span className={classes.name}>{isSelf ? `${person.name} (${t('you')})` : person.name}</span>
        {title ? <span className={classes.role}>{title}</span> : null}
      </span>
      <span className={classes.marks}>
        {person.handRaisedAtMs === null ? null : <Mark icon={Hand} word={t('stage.hand')} tone="amber" />}
        {sendsScreen ? <Mark icon={ScreenShare} word={t('stage.screenOf', { name: person.name })} /> : null}
        {sendsCamera ? null : <Mark icon={VideoOff} word={t('participants.cameraOff')} />}
        {hasVoice ? <Mic size={16} aria-hidden /> : <Mark icon={MicOff} word={t('stage.muted')} tone="bad" />}
      </span>
      {!isSelf && runsMeeting(role) && mayActOn(role, 'mute-others', person.role) ? (
        <PersonMenu person={person} />
      ) : null}
    </li>
  );
};

const useRoleWord = ({ role, presence }: ParticipantView): string | null => {
  const t = useWords();
  if (presence === 'reconnecting') return t('stage.reconnecting');
  if (role === 'host') return t('participants.role.host');
  if (role === 'co-host') return t('participants.role.coHost');
  return role === 'guest' ? t('participants.role.guest') : null;
};

const Mark = ({
  icon: Icon,
  word,
  tone,
}: {
  readonly icon: typeof Hand;
  readonly word: string;
  readonly tone?: 'amber' | 'bad';
}) => (
  <span className={classes.mark} data-tone={tone} title={word}>
    <Icon size={16} aria-hidden />
    <span className="gh-visually-hidden">{word}</span>
  </span>
);

const PersonMenu = ({ person }: { readonly person: ParticipantView }) => {
  const t = useWords();
  const { client } = useMeetingContext();
  const { attempt } = useActions();
  const { role } = useRights();
  const [removing, setRemoving] = useState(false);
  const { participantId, name } = person;
  const sends = (source: 'mic' | 'camera' | 'screen'): boolean =>
    person.tracks.some((track) => track.source === source && !track.muted);
  const sourceWords = {
    mic: 'participants.mute',
    camera: 'participants.stopVideo',
    screen: 'participants.stopShare',
  } as const;
  const isCoHost = person.role === 'co-host';
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={32} aria-label={t('participants.more', { name })}>
            <EllipsisVertical size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {(['mic', 'camera', 'screen'] as const).map((source) =>
            sends(source) ? (
              <Menu.Item key={source} onClick={() => void attempt(client.mute(participantId, source))}>
                {t(sourceWords[source])}
              </Menu.Item>
            ) : null,
          )}
          {role === 'host' && person.role !== 'host' ? (
            <Menu.Item
              onClick={() =>
                void attempt(client.setRole(participantId, isCoHost ? 'participant' : 'co-host'))
              }
            >
              {t(isCoHost ? 'participants.unmakeCoHost' : 'participants.makeCoHost')}
            </Menu.Item>
          ) : null}
          {mayActOn(role, 'remove', person.role) ? (
            <Menu.Item color="bad" onClick={() => setRemoving(true)}>
              {t('participants.remove')}
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        opened={removing}
        title={t('participants.removeTitle', { name })}
        confirmLabel={t('participants.remove')}
        danger
        onClose={() => setRemoving(false)}
        onConfirm={async () => {
          await attempt(client.remove(participantId));
          setRemoving(false);
        }}
      >
        {t('participants.removeText', { name })}
      </ConfirmDialog>
    </>
  );
};

const HostControls = () => {
  const t = useWords();
  const { client } = useMeetingContext();
  const { attempt } = useActions();
  const locked = useMeeting((state) => state.view?.locked ?? false);
  const settings = useMeeting((state) => state.view?.settings);
  return (
    <div className={classes.controls}>
      <Switch
        label={t('participants.lobby')}
        description={t('participants.lobbyHint')}
        checked={settings?.lobby ?? false}
        onChange={(event) => {
          if (settings) void attempt(client.setSettings({ ...settings, lobby: event.currentTarget.checked }));
        }}
      />
      <Switch
        label={t('participants.lock')}
        description={t('participants.lockHint')}
        checked={locked}
        onChange={(event) => void attempt(client.lock(event.currentTarget.checked))}
      />
      <Button
        variant="default"
        leftSection={<MicOff size={16} aria-hidden />}
        onClick={() => void attempt(client.muteAll())}
      >
        {t('participants.muteAll')}
      </Button>
    </div>
  );
};
