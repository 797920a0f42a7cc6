import { Button, Group, Stack, TextInput } from '@mantine/core';
import { Dialog } from '@guildhall/ui';
import { useState, type FormEvent } from 'react';
import { joinPath, parseJoinInput } from '../lib/join.ts';
import { useText } from '../words/words.ts';

/** Asks for a number or link and goes to the meeting's page. */
export function JoinDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const t = useText('meetings');
  const app = useText('app');
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const target = parseJoinInput(typed);
    setWrong(!target);
    if (target) location.assign(joinPath(target));
  };
  return (
    <Dialog opened={opened} onClose={onClose} title={t('joinDialog.title')}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            data-autofocus
            size="md"
            label={t('joinDialog.label')}
            description={t('joinDialog.hint')}
            autoComplete="off"
            value={typed}
            error={wrong ? t('joinDialog.wrong') : undefined}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setWrong(false);
            }}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {app('cancel')}
            </Button>
            <Button type="submit">{t('joinDialog.submit')}</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
