import { Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Dialog, DialogActions } from '@guildhall/ui';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';

const MAX_NAME = 100;

/** Asks for one name. Mounted while it is open, so that it starts anew each time. */
export function NameDialog(props: {
  readonly title: string;
  readonly name: string;
  /** A rejection is shown at the field. */
  readonly onSave: (name: string) => Promise<unknown>;
  readonly onClose: () => void;
}) {
  const t = useText('hosting');
  const app = useText('app');
  const toWords = useErrorWords();
  const form = useForm({
    initialValues: { name: props.name },
    validate: { name: (value) => (value.trim() === '' ? t('nameNeeded') : null) },
  });
  const submit = async ({ name }: typeof form.values): Promise<void> => {
    try {
      await props.onSave(name.trim());
      props.onClose();
    } catch (error) {
      form.setFieldError('name', toWords(error).words.message);
    }
  };
  return (
    <Dialog opened onClose={props.onClose} title={props.title}>
      <form onSubmit={form.onSubmit(submit)} noValidate>
        <Stack gap="md">
          <TextInput
            label={t('name')}
            maxLength={MAX_NAME}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps('name')}
          />
          <DialogActions submitLabel={app('save')} busy={form.submitting} onCancel={props.onClose} />
        </Stack>
      </form>
    </Dialog>
  );
}
