import { Alert, Button, Group, Stack } from '@mantine/core';
import type { NetworkPlan } from '@guildhall/protocol';
import { Dialog, FormError, type ErrorWords } from '@guildhall/ui';
import { TriangleAlert } from 'lucide-react';
import { useText } from '../../words/words.ts';
import classes from './network.module.css';

/** What will be done, in order, before it is done; or what would be, where this console may not. */
export function PlanDialog(props: {
  readonly plan: NetworkPlan;
  /** Left out where nothing can be applied. */
  readonly onApply?: (() => void) | undefined;
  readonly busy: boolean;
  readonly error: ErrorWords | undefined;
  readonly onClose: () => void;
}) {
  const { plan, onApply, busy, error, onClose } = props;
  const t = useText('network');
  const isNothing = plan.steps.length === 0;
  return (
    <Dialog opened onClose={onClose} title={t(onApply ? 'planTitle' : 'planShowTitle')} size="lg">
      <Stack gap="md">
        {onApply ? <div>{t('planText')}</div> : null}
        {plan.warnings.map((warning) => (
          <Alert key={warning} color="amber" variant="light" icon={<TriangleAlert size={18} aria-hidden />}>
            {capital(t(`warnings.${warning}`))}.
          </Alert>
        ))}
        {plan.silentDns === undefined || plan.silentDns.length === 0 ? null : (
          <Alert color="amber" variant="light" icon={<TriangleAlert size={18} aria-hidden />}>
            {t('silentDns', { servers: plan.silentDns.join(', '), count: plan.silentDns.length })}
          </Alert>
        )}
        <div>{t(isNothing ? 'planNothing' : 'planSteps')}</div>
        {isNothing ? null : (
          <ol className={classes.steps}>
            {plan.steps.map((step, index) => (
              <li key={index}>
                {step.kind === 'run' ? <code>{step.command.join(' ')}</code> : null}
                {step.kind === 'remove' ? t('planRemove', { path: step.path }) : null}
                {step.kind === 'write' ? (
                  <>
                    <code>{step.path}</code>
                    <pre className={classes.content}>{step.content}</pre>
                  </>
                ) : null}
              </li>
            ))}
          </ol>
        )}
        <FormError error={error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t('close')}
          </Button>
          {onApply && !isNothing ? (
            <Button loading={busy} onClick={onApply}>
              {t('apply')}
            </Button>
          ) : null}
        </Group>
      </Stack>
    </Dialog>
  );
}

/** A sentence begins large; the name of an interface, such as eth0, is written as the system writes it. */
const capital = (text: string): string =>
  text.replace(/^\p{Ll}(?=\p{L}*\s)/u, (letter) => letter.toUpperCase());
