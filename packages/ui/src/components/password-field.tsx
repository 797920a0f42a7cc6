import { PasswordInput, type PasswordInputProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useUiText } from '../i18n/use-ui-text.ts';

/** A password with a named show/hide switch. Say `autoComplete` (`current-password` or `new-password`). */
export function PasswordField(props: PasswordInputProps & { readonly autoComplete: string }) {
  const t = useUiText();
  const [visible, { toggle }] = useDisclosure(false);
  return (
    <PasswordInput
      {...props}
      visible={visible}
      onVisibilityChange={toggle}
      visibilityToggleButtonProps={{
        'aria-label': visible ? t('password.hide') : t('password.show'),
        'aria-hidden': false,
        tabIndex: 0,
      }}
    />
  );
}
