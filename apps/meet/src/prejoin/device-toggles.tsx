import { Mic, MicOff, Video as VideoIcon, VideoOff, type LucideIcon } from 'lucide-react';
import { useStore } from '../app/use-store.ts';
import type { LocalDevices } from '../devices/local-devices.ts';
import { useWords } from '../words/words.ts';
import { LevelMeter } from './level-meter.tsx';
import classes from './prejoin.module.css';

const Toggle = ({
  icon: Icon,
  label,
  off,
  onClick,
}: {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly off: boolean;
  readonly onClick: () => void;
}) => (
  <button type="button" className={classes.toggle} data-off={off || undefined} onClick={onClick}>
    <Icon size={20} aria-hidden />
    <span>{label}</span>
  </button>
);

/** Microphone and camera on or off, and how loud the microphone hears. */
export const DeviceToggles = ({ devices }: { readonly devices: LocalDevices }) => {
  const t = useWords();
  const mic = useStore(devices.store, (state) => state.mic);
  const camera = useStore(devices.store, (state) => state.camera);
  return (
    <div className={classes.toggles}>
      <Toggle
        icon={mic.on ? Mic : MicOff}
        label={t(mic.on ? 'bar.mute' : 'bar.unmute')}
        off={!mic.on}
        onClick={() => devices.setOn('mic', !mic.on)}
      />
      <Toggle
        icon={camera.on ? VideoIcon : VideoOff}
        label={t(camera.on ? 'bar.stopVideo' : 'bar.startVideo')}
        off={!camera.on}
        onClick={() => devices.setOn('camera', !camera.on)}
      />
      <LevelMeter track={mic.on ? mic.track : null} />
    </div>
  );
};
