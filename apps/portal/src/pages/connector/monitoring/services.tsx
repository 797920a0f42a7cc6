import { Table } from '@mantine/core';
import type { MonitoredService } from '@guildhall/protocol';
import { ErrorState, LoadingState, useNow } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { useErrorWords } from '../../../lib/errors.ts';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import classes from './monitoring.module.css';
import { Drain } from './drain.tsx';
import { servicesQuery } from './queries.ts';
import { LoadBar, PairLine, ServiceState } from './state.tsx';
import { hostOf } from './units.ts';
import { useUnits } from './use-units.ts';

/** Controllers and routers with their state, load and what they carry now. */
export function ServicesView() {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const query = useQuery(servicesQuery);
  if (query.isPending) return <LoadingState rows={4} />;
  if (!query.data) return <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />;
  const { services } = query.data;
  return (
    <div className={pages.stack}>
      {(['zctrl', 'mmr'] as const).map((kind) => (
        <section key={kind}>
          <h2 className={pages.sectionTitle}>{t(kind === 'zctrl' ? 'controllers' : 'routers')}</h2>
          <ServicesTable kind={kind} services={services.filter(({ service }) => service === kind)} />
        </section>
      ))}
    </div>
  );
}

interface TableProps {
  readonly kind: MonitoredService['service'];
  readonly services: readonly MonitoredService[];
}

function ServicesTable({ kind, services }: TableProps) {
  const t = useText('monitoring');
  return (
    <div className={pages.tableCard}>
      <Table className={pages.table} aria-label={t(kind === 'zctrl' ? 'controllers' : 'routers')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('name')}</Table.Th>
            <Table.Th>{t('state')}</Table.Th>
            <Table.Th className={classes.oneLine}>{t(kind === 'mmr' ? 'load' : 'inMeetings')}</Table.Th>
            <Table.Th className={classes.oneLine}>{t('uptime')}</Table.Th>
            <Table.Th className={classes.oneLine}>{t('lastSeen')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {services.map((service) => (
            <Row
              key={service.nodeId}
              service={service}
              hasOthers={services.some(
                (other) =>
                  other.nodeId !== service.nodeId &&
                  other.zoneId === service.zoneId &&
                  other.state === 'connected',
              )}
            />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Row({ service, hasOthers }: { readonly service: MonitoredService; readonly hasOthers: boolean }) {
  const t = useText('monitoring');
  const units = useUnits();
  const times = useTimeWriter();
  const nowMs = useNow(5_000);
  const { name, version, addresses, startedAtMs, lastSeenMs } = service;
  return (
    <Table.Tr>
      <Table.Td data-label={t('name')} className={`${pages.breakable} ${classes.server}`}>
        <div>
          <span className={pages.strong}>{name}</span>
          <p className={classes.why}>{[version, ...addresses.map(hostOf)].join(' · ')}</p>
        </div>
      </Table.Td>
      <Table.Td data-label={t('state')}>
        <ServiceState service={service} />
        {service.pair ? <PairLine pair={service.pair} /> : null}
        {service.service === 'mmr' ? <Drain router={service} hasOthers={hasOthers} /> : null}
      </Table.Td>
      <Table.Td data-label={t(service.service === 'mmr' ? 'load' : 'inMeetings')}>
        <Load service={service} />
      </Table.Td>
      <Table.Td data-label={t('uptime')} className={`gh-tabular ${classes.oneLine}`}>
        {startedAtMs === null ? '–' : units.duration(nowMs - startedAtMs)}
      </Table.Td>
      <Table.Td data-label={t('lastSeen')} className={`gh-tabular ${classes.oneLine}`}>
        {lastSeenMs === null ? t('never') : times.ago(lastSeenMs, nowMs)}
      </Table.Td>
    </Table.Tr>
  );
}

function Load({ service }: { readonly service: MonitoredService }) {
  const t = useText('monitoring');
  const units = useUnits();
  const { participants, meetings, capacity, cpu, bitrateInBps, bitrateOutBps } = service;
  if (!capacity)
    return (
      <div className={`gh-tabular ${classes.oneLine}`}>
        {t('people', { count: participants })}
        <p className={classes.why}>{t('meetings', { count: meetings })}</p>
      </div>
    );
  if (cpu === null) return <span>–</span>;
  return (
    <div className={classes.loads}>
      <LoadBar share={participants / Math.max(1, capacity.participants)}>
        {t('places', { used: participants, all: capacity.participants })}
      </LoadBar>
      <LoadBar share={cpu}>{t('cpu', { percent: units.percent(cpu) })}</LoadBar>
      <span className={classes.why}>
        {t('traffic', { down: units.bitrate(bitrateInBps ?? 0), up: units.bitrate(bitrateOutBps ?? 0) })}
      </span>
    </div>
  );
}
