import { Alert, Button } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { useStore } from '../app/use-store.ts';
import type { DeviceKind, LocalDevices } from '../devices/local-devices.ts';
import { useWords } from '../words/words.ts';

/** Why a device is not there, in words, and how to go on without it. Nothing while there is no trouble. */
export const Trouble = ({ devices, kind }: { readonly devices: LocalDevices; readonly kind: DeviceKind }) => {
  const t = useWords();
  const trouble = useStore(devices.store, (state) => state[kind].trouble);
  if (!trouble) return null;
  return (
    <Alert color="amber" variant="light" icon={<CircleAlert size={18} aria-hidden />} p="sm">
      {t(`trouble.${kind}.${trouble}`)}{' '}
      <Button size="compact-sm" variant="subtle" color="amber" onClick={() => devices.setOn(kind, true)}>
        {t('trouble.tryAgain')}
      </Button>
    </Alert>
  );
};
