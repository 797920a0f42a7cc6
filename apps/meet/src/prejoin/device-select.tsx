import { NativeSelect } from '@mantine/core';
import { useStore } from '../app/use-store.ts';
import type { LocalDevices } from '../devices/local-devices.ts';
import { useWords } from '../words/words.ts';

const kindOf = { camera: 'videoinput', mic: 'audioinput', speaker: 'audiooutput' } as const;

/** Firefox and Safari may not let a page choose where sound comes out. */
export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype;

/** One kind of device by name. Before the permission browsers give no names, so it is not shown then. */
export const DeviceSelect = ({
  devices,
  kind,
}: {
  readonly devices: LocalDevices;
  readonly kind: keyof typeof kindOf;
}) => {
  const t = useWords();
  const known = useStore(devices.store, (state) => state.known);
  const chosen = useStore(devices.store, (state) => state.chosen[kind]);
  const options = known.filter((device) => device.kind === kindOf[kind] && device.deviceId !== '');
  const isKnown = options.some((device) => device.deviceId === chosen);
  const hasDefault = options.some((device) => device.deviceId === 'default');
  return (
    <NativeSelect
      label={t(`device.${kind}`)}
      value={isKnown ? chosen : ''}
      disabled={options.length === 0}
      onChange={(event) => devices.choose(kind, event.currentTarget.value)}
      data={[
        ...(hasDefault && isKnown
          ? []
          : [{ value: '', label: t(options.length === 0 ? 'device.none' : 'device.systemDefault') }]),
        ...options.map((device, index) => ({
          value: device.deviceId,
          label: device.label || t('device.unnamed', { index: index + 1 }),
        })),
      ]}
    />
  );
};
