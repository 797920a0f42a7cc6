import { Button, SegmentedControl } from '@mantine/core';
import type { Connector } from '@guildhall/protocol';
import { EmptyState } from '@guildhall/ui';
import { Server } from 'lucide-react';
import { useState } from 'react';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import { AlertsView } from './alerts.tsx';
import { ChartsView } from './charts.tsx';
import { AuditView, EventsView } from './log.tsx';
import { MapView } from './map.tsx';
import { MeetingsView } from './meetings.tsx';
import classes from './monitoring.module.css';
import { ServicesView } from './services.tsx';

const VIEWS = {
  now: ServicesView,
  charts: ChartsView,
  meetings: MeetingsView,
  map: MapView,
  events: EventsView,
  audit: AuditView,
  alerts: AlertsView,
} as const;
type ViewName = keyof typeof VIEWS;
const viewNames: readonly ViewName[] = ['now', 'charts', 'meetings', 'map', 'events', 'audit', 'alerts'];

/** What the connector does now, and did before. */
export function MonitoringTab({
  connector,
  onPair,
}: {
  readonly connector: Connector;
  readonly onPair: () => void;
}) {
  const t = useText('connector');
  if (connector.nodes.length === 0)
    return (
      <EmptyState
        icon={Server}
        title={t('emptyTitle')}
        action={<Button onClick={onPair}>{t('emptyAction')}</Button>}
      >
        {t('emptyText')}
      </EmptyState>
    );
  return <Views />;
}

function Views() {
  const t = useText('monitoring');
  const [name, setName] = useState<ViewName>('now');
  const View = VIEWS[name];
  return (
    <div className={pages.stack}>
      <div className={classes.views}>
        <SegmentedControl
          aria-label={t('view')}
          value={name}
          onChange={setName}
          data={viewNames.map((value) => ({ value, label: t(`views.${value}`) }))}
        />
      </div>
      <View />
    </div>
  );
}
