import { Button, Loader } from '@mantine/core';
import type { MeetingClient } from '@guildhall/meeting-client';
import { CardPage } from '@guildhall/ui';
import { useEffect } from 'react';
import { useStore } from '../app/use-store.ts';
import type { LocalDevices } from '../devices/local-devices.ts';
import { DeviceToggles } from '../prejoin/device-toggles.tsx';
import { Preview } from '../prejoin/preview.tsx';
import { useWords } from '../words/words.ts';
import classes from './pages.module.css';

/** Waiting until a host decides. Nothing of the meeting is known here but its topic. */
export const LobbyPage = ({
  client,
  devices,
}: {
  readonly client: MeetingClient;
  readonly devices: LocalDevices;
}) => {
  const t = useWords();
  const topic = useStore(client.store, (state) => state.meeting?.topic ?? '');
  const waitingFor = useStore(client.store, (state) => state.waitingFor);
  const isDown = useStore(client.store, (state) => state.linkDownSinceMs !== null);
  useEffect(() => {
    document.title = `${topic} · Guildhall`;
  }, [topic]);
  return (
    <CardPage>
      <div className={classes.lobby}>
        <p className={classes.topic}>{topic}</p>
        <h1 className={classes.heading}>{t(waitingFor === 'host' ? 'lobby.host' : 'lobby.admission')}</h1>
        <div className={classes.preview}>
          <Preview devices={devices} />
          <DeviceToggles devices={devices} />
        </div>
        <output className={classes.waiting}>
          <Loader size={18} aria-hidden />
          <span>{t(isDown ? 'lobby.reconnecting' : 'lobby.text')}</span>
        </output>
        <Button variant="default" onClick={() => client.leave()}>
          {t('lobby.leave')}
        </Button>
      </div>
    </CardPage>
  );
};
