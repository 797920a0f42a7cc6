import { Alert, Button, Skeleton, Stack } from '@mantine/core';
import { CircleAlert, RefreshCw, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useUiText } from '../i18n/use-ui-text.ts';
import classes from './states.module.css';

/** What a person may be told about a failure: the registry's sentence, its code, and what to do. */
export interface ErrorWords {
  /** Registered error code, shown small so that it can be quoted. */
  readonly code?: string | undefined;
  /** What happened, to what. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string | undefined;
}

/** Nothing here yet: says what the place is for and offers the first act. */
export function EmptyState({
  icon: Icon,
  title,
  children,
  action,
}: {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className={classes.box}>
      <span className={classes.badge} aria-hidden>
        <Icon size={24} />
      </span>
      <p className={classes.title}>{title}</p>
      {children ? <p className={classes.text}>{children}</p> : null}
      {action ? <div className={classes.act}>{action}</div> : null}
    </div>
  );
}

/** A page or panel that could not be shown. `onRetry` adds **Try again**; `action` stands beside it. */
export function ErrorState({
  code,
  message,
  remedy,
  onRetry,
  action,
}: ErrorWords & { readonly onRetry?: (() => void) | undefined; readonly action?: ReactNode }) {
  const t = useUiText();
  return (
    <div className={classes.box} role="alert">
      <span className={classes.badge} data-tone="bad" aria-hidden>
        <CircleAlert size={24} />
      </span>
      <p className={classes.title}>{message}</p>
      {remedy ? <p className={classes.text}>{remedy}</p> : null}
      {code ? <span className={classes.code}>{t('error.code', { code })}</span> : null}
      {onRetry || action ? (
        <div className={classes.act}>
          {onRetry ? (
            <Button variant="default" leftSection={<RefreshCw size={16} aria-hidden />} onClick={onRetry}>
              {t('tryAgain')}
            </Button>
          ) : null}
          {action}
        </div>
      ) : null}
    </div>
  );
}

/** The error of a whole form, above its fields. Renders nothing without one. */
export function FormError({ error }: { readonly error: ErrorWords | undefined }) {
  if (!error) return null;
  return (
    <Alert color="bad" variant="light" icon={<CircleAlert size={18} aria-hidden />} role="alert" p="sm">
      {error.message}
      {error.remedy ? ` ${error.remedy}` : ''}
    </Alert>
  );
}

/** Skeleton rows in place of content that is on its way. */
export function LoadingState({
  rows = 3,
  rowHeight = 56,
}: {
  readonly rows?: number;
  /** CSS pixels. */
  readonly rowHeight?: number;
}) {
  const t = useUiText();
  return (
    <div aria-busy="true">
      <output className="gh-visually-hidden">{t('loading')}</output>
      <Stack gap="xs" aria-hidden>
        {Array.from({ length: rows }, (_, row) => (
          <Skeleton key={row} height={rowHeight} radius="md" />
        ))}
      </Stack>
    </div>
  );
}
