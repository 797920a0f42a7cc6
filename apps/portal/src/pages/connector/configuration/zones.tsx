import { Button, Group, Select } from '@mantine/core';
import type { ConnectorZone, HostingView, Policy } from '@guildhall/protocol';
import { ConfirmDialog, IconButton } from '@guildhall/ui';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useZonesChange } from '../../../api/connector.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';
import { useAttempt } from '../use-attempt.ts';
import { NameDialog } from './name-dialog.tsx';
import { ZoneDialog } from './zone-dialog.tsx';

interface ZonesProps {
  readonly zones: readonly ConnectorZone[];
  readonly view: HostingView;
  /** Of zones that set none. */
  readonly limits: Policy['limits'];
}

/** The zones: who may host in them, from which networks, and on which servers. */
export function ZonesCard({ zones, view, limits }: ZonesProps) {
  const t = useText('zones');
  const change = useZonesChange();
  const attempt = useAttempt();
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<ConnectorZone>();
  const [deleting, setDeleting] = useState<ConnectorZone>();
  return (
    <section className={classes.card}>
      <Group justify="space-between">
        <h2 className={classes.bare}>{t('title')}</h2>
        <Button
          variant="default"
          size="xs"
          leftSection={<Plus size={16} aria-hidden />}
          onClick={() => setAdding(true)}
        >
          {t('add')}
        </Button>
      </Group>
      <p className={classes.soft}>{t('text')}</p>
      <ul className={classes.list}>
        {zones.map((zone) => (
          <li key={zone.zoneId} className={classes.zone}>
            <Group justify="space-between" wrap="nowrap">
              <h3 className={classes.subTitle}>
                {zone.name}
                {zone.isDefault ? <span className={classes.tag}>{t('default')}</span> : null}
              </h3>
              <Group gap={4} wrap="nowrap">
                <IconButton
                  icon={Pencil}
                  label={t('editOf', { name: zone.name })}
                  onClick={() => setEditing(zone)}
                />
                {zone.isDefault || zone.nodes.length > 0 ? null : (
                  <IconButton
                    icon={Trash2}
                    label={t('deleteOf', { name: zone.name })}
                    onClick={() => setDeleting(zone)}
                  />
                )}
              </Group>
            </Group>
            <ZoneFacts zone={zone} zones={zones} view={view} limits={limits} />
          </li>
        ))}
      </ul>
      {adding ? (
        <NameDialog
          title={t('add')}
          name=""
          onClose={() => setAdding(false)}
          onSave={(name) => change.mutateAsync({ method: 'POST', path: '/zones', body: { name } })}
        />
      ) : null}
      {editing ? (
        <ZoneDialog zone={editing} view={view} limits={limits} onClose={() => setEditing(undefined)} />
      ) : null}
      <ConfirmDialog
        opened={deleting !== undefined}
        danger
        title={t('delete')}
        confirmLabel={t('delete')}
        onClose={() => setDeleting(undefined)}
        onConfirm={async () => {
          if (deleting)
            await attempt(() => change.mutateAsync({ method: 'DELETE', path: `/zones/${deleting.zoneId}` }));
          setDeleting(undefined);
        }}
      >
        {t('deleteText', { name: deleting?.name ?? '' })}
      </ConfirmDialog>
    </section>
  );
}

function ZoneFacts({ zone, zones, view, limits }: ZonesProps & { readonly zone: ConnectorZone }) {
  const t = useText('zones');
  const groups = view.groups.filter((group) => zone.groupIds.includes(group.groupId));
  const people = view.people.filter((person) => zone.userIds.includes(person.userId));
  const names = [...groups, ...people].map((one) => one.name);
  const hosts = zone.limited ? (names.length === 0 ? t('nobody') : names.join(', ')) : t('everybody');
  return (
    <dl className={classes.facts}>
      <div className={classes.fact}>
        <dt>{t('hosts')}</dt>
        <dd>{hosts}</dd>
      </div>
      <div className={classes.fact}>
        <dt>{t('subnets')}</dt>
        <dd>{zone.subnets.length === 0 ? t('noSubnets') : zone.subnets.join(', ')}</dd>
      </div>
      <div className={classes.fact}>
        <dt>{t('limits')}</dt>
        <dd>
          {t('limitsAre', {
            people: zone.participantsPerRouter ?? limits.participantsPerRouter,
            meetings: zone.meetingsPerRouter ?? limits.meetingsPerRouter,
          })}
        </dd>
      </div>
      <div className={classes.fact}>
        <dt>{t('nodes')}</dt>
        <dd>
          {zone.nodes.length === 0 ? t('noNodes') : null}
          {zone.nodes.map((node) => (
            <NodeLine key={node.nodeId} node={node} zone={zone} zones={zones} />
          ))}
        </dd>
      </div>
    </dl>
  );
}

function NodeLine({
  node,
  zone,
  zones,
}: Pick<ZonesProps, 'zones'> & {
  readonly node: ConnectorZone['nodes'][number];
  readonly zone: ConnectorZone;
}) {
  const t = useText('zones');
  const connector = useText('connector');
  const change = useZonesChange();
  const attempt = useAttempt();
  const [target, setTarget] = useState<string>();
  const move = async (): Promise<void> => {
    const path = `/nodes/${node.nodeId}/zone`;
    await attempt(() => change.mutateAsync({ method: 'PUT', path, body: { zoneId: target } }));
    setTarget(undefined);
  };
  return (
    <Group gap="sm" my={2}>
      <span>
        {node.name} · {connector(`roles.${node.role}`)}
      </span>
      {zones.length > 1 ? (
        <Select
          size="xs"
          w={180}
          aria-label={t('zoneOf', { name: node.name })}
          data={zones.map((one) => ({ value: one.zoneId, label: one.name }))}
          value={zone.zoneId}
          allowDeselect={false}
          onChange={(next) => {
            if (next !== null && next !== zone.zoneId) setTarget(next);
          }}
        />
      ) : null}
      <ConfirmDialog
        opened={target !== undefined}
        title={t('moveTitle')}
        confirmLabel={t('move')}
        onClose={() => setTarget(undefined)}
        onConfirm={move}
      >
        {t(node.role === 'controller' ? 'moveController' : 'moveRouter', {
          name: node.name,
          zone: zones.find((one) => one.zoneId === target)?.name ?? '',
        })}
      </ConfirmDialog>
    </Group>
  );
}
