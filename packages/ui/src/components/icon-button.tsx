import { ActionIcon, Tooltip, type ActionIconProps } from '@mantine/core';
import type { ComponentPropsWithRef } from 'react';
import type { LucideIcon } from 'lucide-react';

export interface IconButtonProps
  extends
    Omit<ActionIconProps, 'children'>,
    Omit<ComponentPropsWithRef<'button'>, keyof ActionIconProps | 'children'> {
  readonly icon: LucideIcon;
  /** Accessible name and tooltip. */
  readonly label: string;
  /** 44 px, for fingers. */
  readonly touch?: boolean;
}

/** A button that is only an icon: never without an accessible name, and the same words on hover and focus. */
export function IconButton({ icon: Icon, label, touch = false, ...rest }: IconButtonProps) {
  return (
    <Tooltip label={label} events={{ hover: true, focus: true, touch: false }}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={touch ? 44 : 36}
        type="button"
        {...rest}
        aria-label={label}
      >
        <Icon size={touch ? 22 : 18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
