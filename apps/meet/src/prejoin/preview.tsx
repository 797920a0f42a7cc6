import { VideoOff } from 'lucide-react';
import { useStore } from '../app/use-store.ts';
import type { LocalDevices } from '../devices/local-devices.ts';
import { useWords } from '../words/words.ts';
import classes from './prejoin.module.css';
import { Video } from './video.tsx';

/** The own picture as in a mirror, before anybody else sees it. */
export const Preview = ({ devices }: { readonly devices: LocalDevices }) => {
  const t = useWords();
  const camera = useStore(devices.store, (state) => state.camera);
  return (
    <div className={classes.preview}>
      {camera.on && camera.track ? (
        <Video track={camera.track} name={t('prejoin.preview')} className={classes.video} mirrored />
      ) : (
        <div className={classes.noVideo}>
          <VideoOff size={28} aria-hidden />
          <span>{t(camera.starting ? 'prejoin.cameraStarting' : 'prejoin.cameraOff')}</span>
        </div>
      )}
    </div>
  );
};
