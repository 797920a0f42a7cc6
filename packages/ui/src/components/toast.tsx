import { Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { CircleAlert, CircleCheck, Info, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export type ToastTone = 'info' | 'good' | 'amber' | 'bad';

const LOOK: Readonly<Record<ToastTone, { readonly color: string; readonly icon: LucideIcon }>> = {
  info: { color: 'brand', icon: Info },
  good: { color: 'good', icon: CircleCheck },
  amber: { color: 'amber', icon: CircleAlert },
  bad: { color: 'bad', icon: CircleAlert },
};

const STAYS_MS = 6000;

export interface Toast {
  /** The same id replaces a toast that is still shown. */
  readonly id?: string;
  readonly tone?: ToastTone;
  readonly title?: string;
  readonly message: ReactNode;
  /** A button or link under the message; a toast with one stays until it is closed. */
  readonly action?: ReactNode;
}

/** Shows a toast (top right, at most two). Returns its id. */
export function showToast({ id, tone = 'info', title, message, action }: Toast): string {
  const { color, icon: Icon } = LOOK[tone];
  if (id !== undefined) notifications.hide(id);
  return notifications.show({
    ...(id === undefined ? {} : { id }),
    color,
    icon: <Icon size={18} aria-hidden />,
    title,
    autoClose: action ? false : STAYS_MS,
    withBorder: true,
    message: (
      <Stack gap="xs">
        <Text size="sm" c="inherit">
          {message}
        </Text>
        {action ? <Group gap="xs">{action}</Group> : null}
      </Stack>
    ),
  });
}

/** Takes a toast away; unknown ids are ignored. */
export function hideToast(id: string): void {
  notifications.hide(id);
}
