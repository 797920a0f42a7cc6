import { MultiSelect } from '@mantine/core';
import type { Connector, LiveView } from '@guildhall/protocol';
import { ErrorState, LoadingState } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { liveQuery, useLiveChange } from '../../../api/connector.ts';
import { usersQuery } from '../../../api/queries.ts';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';
import { useAttempt } from '../use-attempt.ts';
import { Checklist } from './checklist.tsx';
import { ModeSwitch } from './mode-switch.tsx';

/** Test or production mode, and what stands between them. */
export function LiveTab({ connector }: { readonly connector: Connector }) {
  const t = useText('live');
  const connectorText = useText('connector');
  const toWords = useErrorWords();
  const query = useQuery(liveQuery);
  if (query.isPending) return <LoadingState rows={3} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const live = query.data;
  return (
    <div className={classes.stack}>
      <section className={classes.card}>
        <h2>{connectorText(`mode.${live.mode}`)}</h2>
        <p className={classes.soft}>{t(live.mode === 'test' ? 'testNote' : 'productionNote')}</p>
        <div>
          <ModeSwitch mode={connector.mode} ready={live.ready} />
        </div>
      </section>
      <TestHosts live={live} />
      <Checklist items={live.checklist} />
    </div>
  );
}

function TestHosts({ live }: { readonly live: LiveView }) {
  const t = useText('live');
  const toWords = useErrorWords();
  const users = useQuery(usersQuery);
  const change = useLiveChange();
  const attempt = useAttempt();
  return (
    <section className={classes.card}>
      <h2>{t('testHosts')}</h2>
      <p className={classes.soft}>{t(live.mode === 'test' ? 'testHostsText' : 'testHostsLater')}</p>
      {users.isPending ? <LoadingState rows={1} /> : null}
      {users.isError ? (
        <ErrorState {...toWords(users.error).words} onRetry={() => void users.refetch()} />
      ) : null}
      {users.data ? (
        <MultiSelect
          aria-label={t('testHosts')}
          placeholder={live.testHosts.length === 0 ? t('choose') : ''}
          data={users.data.users.map((user) => ({
            value: user.userId,
            label: `${user.name} (${user.email})`,
          }))}
          value={[...live.testHosts]}
          searchable
          limit={100}
          disabled={change.isPending}
          nothingFoundMessage={t('noneFound')}
          onChange={(userIds) =>
            void attempt(() => change.mutateAsync({ method: 'PUT', path: '/test-hosts', body: { userIds } }))
          }
        />
      ) : null}
    </section>
  );
}
