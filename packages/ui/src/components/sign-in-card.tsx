import { Button, Stack } from '@mantine/core';
import type { FormEventHandler, ReactNode } from 'react';
import { PreferencesCardPage } from './preferences-card-page.tsx';
import { FormError, type ErrorWords } from './states.tsx';

/** The page before all others: its fields, one button, and language and appearance below. */
export function SignInCard(props: {
  /** A heading and what to use. */
  readonly head: ReactNode;
  readonly error: ErrorWords | undefined;
  /** The fields. */
  readonly children: ReactNode;
  readonly submitLabel: string;
  readonly busy: boolean;
  readonly onSubmit: FormEventHandler<HTMLFormElement>;
  /** Another way in, below the button. */
  readonly otherWay?: ReactNode;
}) {
  return (
    <PreferencesCardPage>
      <form onSubmit={props.onSubmit} noValidate>
        <Stack gap="md">
          <div>{props.head}</div>
          <FormError error={props.error} />
          {props.children}
          <Button type="submit" size="md" fullWidth loading={props.busy}>
            {props.submitLabel}
          </Button>
          {props.otherWay}
        </Stack>
      </form>
    </PreferencesCardPage>
  );
}
