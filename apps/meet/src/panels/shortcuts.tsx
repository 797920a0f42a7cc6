import { Kbd, Stack, Switch } from '@mantine/core';
import { Dialog } from '@guildhall/ui';
import { useWords } from '../words/words.ts';
import classes from './panels.module.css';

const keys = [
  ['M', 'keys.mute'],
  ['V', 'keys.video'],
  ['S', 'keys.share'],
  ['C', 'keys.chat'],
  ['P', 'keys.participants'],
  ['H', 'keys.hand'],
  [null, 'keys.talk'],
  ['?', 'keys.help'],
] as const;

/** Which key does what, and the switch for who needs the keys for something else. */
export const ShortcutsDialog = ({
  opened,
  onClose,
  on,
  onToggle,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly on: boolean;
  readonly onToggle: (on: boolean) => void;
}) => {
  const t = useWords();
  return (
    <Dialog opened={opened} onClose={onClose} title={t('keys.title')}>
      <Stack gap="md">
        <dl className={classes.keys}>
          {keys.map(([key, word]) => (
            <div key={word}>
              <dt>{t(word)}</dt>
              <dd>
                <Kbd>{key ?? t('keys.space')}</Kbd>
              </dd>
            </div>
          ))}
        </dl>
        <Switch
          label={t('keys.on')}
          checked={on}
          onChange={(event) => onToggle(event.currentTarget.checked)}
        />
      </Stack>
    </Dialog>
  );
};
