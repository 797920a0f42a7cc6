import { Button, Group, Stack, Text } from '@mantine/core';
import { Dialog } from '@guildhall/ui';
import { useState } from 'react';
import { useMeetingContext } from '../meeting/context.ts';
import { useActions } from '../meeting/use-actions.ts';
import { useWords } from '../words/words.ts';
import classes from './panels.module.css';

/** For hosts: leaving and ending are two different things. */
export const LeaveDialog = ({
  opened,
  onClose,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
}) => {
  const t = useWords();
  const { client } = useMeetingContext();
  const { attempt } = useActions();
  const [busy, setBusy] = useState(false);
  const end = async (): Promise<void> => {
    setBusy(true);
    await attempt(client.endForAll());
    setBusy(false);
  };
  return (
    <Dialog opened={opened} onClose={onClose} title={t('leave.title')}>
      <Stack gap="lg">
        <Text>{t('leave.text')}</Text>
        <Group justify="flex-end" gap="xs" className={classes.acts}>
          <Button variant="subtle" color="gray" onClick={onClose}>
            {t('leave.cancel')}
          </Button>
          <Button variant="default" data-autofocus onClick={() => client.leave()}>
            {t('leave.leave')}
          </Button>
          <Button color="bad" loading={busy} onClick={() => void end()}>
            {t('bar.endForAll')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
};
