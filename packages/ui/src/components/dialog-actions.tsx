import { Button, Group } from '@mantine/core';
import { useUiText } from '../i18n/use-ui-text.ts';

/** The end of a form in a dialog: leave it, or send it. */
export function DialogActions({
  submitLabel,
  busy,
  onCancel,
}: {
  readonly submitLabel: string;
  readonly busy: boolean;
  readonly onCancel: () => void;
}) {
  const t = useUiText();
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onCancel}>
        {t('cancel')}
      </Button>
      <Button type="submit" loading={busy}>
        {submitLabel}
      </Button>
    </Group>
  );
}
