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

const STAYS_MS = 5000;
/** Plain notes share a place: the newest is the one that matters, and none waits in a queue. */
const NOTE_ID = 'note';

export interface Toast {
  /** The same id replaces a toast that is still shown; toasts without id and action replace each other. */
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
  const place = id ?? (action ? undefined : NOTE_ID);
  if (place !== undefined) notifications.hide(place);
  return notifications.show({
    ...(place === undefined ? {} : { id: place }),
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
