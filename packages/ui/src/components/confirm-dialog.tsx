import { Button, Group, Stack, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useUiText } from '../i18n/use-ui-text.ts';
import { Dialog } from './dialog.tsx';
import { FormError, type ErrorWords } from './states.tsx';

export interface ConfirmDialogProps {
  readonly opened: boolean;
  readonly title: string;
  /** What happens, and to whom. */
  readonly children: ReactNode;
  /** The act as a verb, e.g. "Delete meeting". */
  readonly confirmLabel: string;
  readonly danger?: boolean;
  /** A way that harms less, offered beside it. Busy like the act itself. */
  readonly gentler?: { readonly label: string; readonly onChoose: () => Promise<void> | void } | undefined;
  /** Shown in place; the dialog stays open. */
  readonly error?: ErrorWords | undefined;
  /** The dialog shows itself busy until this settles; close it from there when it went well. */
  readonly onConfirm: () => Promise<void> | void;
  readonly onClose: () => void;
}

/** Asks before an act that cannot be taken back. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const t = useUiText();
  const [busy, setBusy] = useState<'confirm' | 'gentler'>();
  const run = async (which: 'confirm' | 'gentler', act: () => Promise<void> | void): Promise<void> => {
    setBusy(which);
    try {
      await act();
    } finally {
      setBusy(undefined);
    }
  };
  const { gentler } = props;
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={props.title}>
      <Stack gap="md">
        <Text component="div">{props.children}</Text>
        <FormError error={props.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={props.onClose} data-autofocus>
            {t('cancel')}
          </Button>
          {gentler ? (
            <Button loading={busy === 'gentler'} onClick={() => void run('gentler', gentler.onChoose)}>
              {gentler.label}
            </Button>
          ) : null}
          <Button
            color={props.danger ? 'bad' : 'brand'}
            loading={busy === 'confirm'}
            onClick={() => void run('confirm', props.onConfirm)}
          >
            {props.confirmLabel}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
