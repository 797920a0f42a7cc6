import { Tooltip } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';
import { useId, type ComponentPropsWithRef } from 'react';
import classes from './bar.module.css';

export interface BarButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'children'> {
  readonly icon: LucideIcon;
  /** The accessible name and the word below the icon. */
  readonly label: string;
  readonly shortcut?: string;
  /** A device that is off. */
  readonly off?: boolean;
  /** A panel that is open, a hand that is up. */
  readonly pressed?: boolean;
  readonly danger?: boolean;
  readonly badge?: number;
  /** What the badge says, for who cannot see it. */
  readonly note?: string;
  /** Not on phones: there it is in the menu. */
  readonly wideOnly?: boolean;
}

const MAX_BADGE = 99;

/** Icon and word from 900 px up, icon with tooltip below. The state is in the icon, the word and `aria-pressed`. */
export const BarButton = ({
  icon: Icon,
  label,
  shortcut,
  off = false,
  pressed,
  danger = false,
  badge,
  note,
  wideOnly = false,
  ...rest
}: BarButtonProps) => {
  const noteId = useId();
  return (
    <Tooltip
      withinPortal={false}
      // What it opened says more, and would be covered.
      disabled={rest['aria-expanded'] === true || rest['aria-expanded'] === 'true'}
      label={shortcut ? `${label} (${shortcut})` : label}
      events={{ hover: true, focus: true, touch: false }}
    >
      <button
        type="button"
        data-off={off || undefined}
        data-danger={danger || undefined}
        data-wide-only={wideOnly || undefined}
        {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
        {...(note ? { 'aria-describedby': noteId } : {})}
        {...rest}
        className={classes.button}
        aria-label={label}
      >
        <span className={classes.icon}>
          <Icon size={22} aria-hidden />
          {badge ? (
            <span className={classes.badge} data-count={badge > MAX_BADGE ? `${MAX_BADGE}+` : badge} />
          ) : null}
        </span>
        <span className={classes.word} aria-hidden>
          {label}
        </span>
        {note ? (
          <span id={noteId} hidden>
            {note}
          </span>
        ) : null}
      </button>
    </Tooltip>
  );
};
