import { Stack, Text } from '@mantine/core';
import { AppearanceControl, Dialog, LanguageControl } from '@guildhall/ui';
import { useMeetingContext } from '../meeting/context.ts';
import { canChooseSpeaker, DeviceSelect } from '../prejoin/device-select.tsx';
import { Trouble } from '../prejoin/trouble.tsx';
import { useWords } from '../words/words.ts';
import classes from './panels.module.css';

/** Devices, language and appearance, while the meeting goes on. */
export const SettingsDialog = ({
  opened,
  onClose,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
}) => {
  const t = useWords();
  const { devices } = useMeetingContext();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('settings.title')}>
      <Stack gap="lg">
        <section>
          <h3 className={classes.settingsHeading}>{t('settings.devices')}</h3>
          <Stack gap="sm">
            <DeviceSelect devices={devices} kind="camera" />
            <Trouble devices={devices} kind="camera" />
            <DeviceSelect devices={devices} kind="mic" />
            <Trouble devices={devices} kind="mic" />
            {canChooseSpeaker() ? <DeviceSelect devices={devices} kind="speaker" /> : null}
          </Stack>
        </section>
        <section>
          <h3 className={classes.settingsHeading}>{t('settings.page')}</h3>
          <Stack gap="sm">
            <div className={classes.setting}>
              <span>{t('settings.language')}</span>
              <LanguageControl />
            </div>
            <div className={classes.setting}>
              <span>{t('settings.appearance')}</span>
              <AppearanceControl />
            </div>
            <Text size="sm" c="dimmed">
              {t('settings.appearanceHint')}
            </Text>
          </Stack>
        </section>
      </Stack>
    </Dialog>
  );
};
