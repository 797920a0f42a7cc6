import type { MonitoredState } from '@guildhall/protocol';
import { ErrorState, LoadingState } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import { hostOf } from './units.ts';
import { boxPx, drawMap, type MapBox, type MapDrawing } from './map-layout.ts';
import classes from './monitoring.module.css';
import { liveMeetingsQuery, overviewQuery, servicesQuery } from './queries.ts';
import { Grade, ServiceState } from './state.tsx';

const BAD: ReadonlySet<MonitoredState> = new Set(['unhealthy', 'unreachable', 'refused']);

/** Zone, controllers, routers and meetings as a drawing; a box tells more when it is chosen. */
export function MapView() {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const overview = useQuery(overviewQuery);
  const services = useQuery(servicesQuery);
  const meetings = useQuery(liveMeetingsQuery);
  const [chosenId, choose] = useState<string>();
  const failed = [overview, services, meetings].find(({ isError, data }) => isError && !data);
  if (failed) return <ErrorState {...toWords(failed.error).words} onRetry={() => void failed.refetch()} />;
  if (!overview.data || !services.data || !meetings.data) return <LoadingState rows={4} />;
  const drawing = drawMap(overview.data.zones, services.data.services, meetings.data.meetings);
  const chosen = drawing.boxes.find(({ id }) => id === chosenId);
  return (
    <div className={pages.stack}>
      <section className={classes.map} aria-label={t('mapLabel')}>
        <Drawing drawing={drawing} chosenId={chosenId} onChoose={choose} />
      </section>
      {drawing.more > 0 ? <p className={classes.why}>{t('more', { count: drawing.more })}</p> : null}
      <section className={pages.card} aria-live="polite">
        {chosen ? <Facts box={chosen} /> : <p className={pages.plain}>{t('mapNote')}</p>}
      </section>
    </div>
  );
}

interface DrawingProps {
  readonly drawing: MapDrawing;
  readonly chosenId: string | undefined;
  readonly onChoose: (id: string) => void;
}

/** The lines are drawn; the boxes are buttons above them, for the keyboard and for screen readers. */
function Drawing({ drawing, chosenId, onChoose }: DrawingProps) {
  const t = useText('monitoring');
  const { widthPx, heightPx, boxes, lines } = drawing;
  return (
    <div className={classes.mapDrawing} style={{ width: widthPx, height: heightPx }}>
      <svg width={widthPx} height={heightPx} aria-hidden>
        {lines.map(({ from, to }) => (
          <path key={`${from.id} ${to.id}`} className={classes.mapLine} d={curve(from, to)} />
        ))}
      </svg>
      {boxes.map(({ id, kind, name, x, y, service }) => (
        <button
          key={id}
          type="button"
          className={classes.mapBox}
          data-kind={kind}
          data-bad={(service && BAD.has(service.state)) || undefined}
          aria-pressed={id === chosenId}
          style={{ left: x, top: y, width: boxPx.width, height: boxPx.height }}
          onClick={() => onChoose(id)}
        >
          <span className={classes.mapKind}>
            {[t(`kinds.${kind}`), service && t(`states.${service.state}`)].filter(Boolean).join(' · ')}
          </span>
          <span className={classes.mapName}>{name}</span>
        </button>
      ))}
    </div>
  );
}

function curve(from: MapBox, to: MapBox): string {
  const [startX, startY] = [from.x + boxPx.width, from.y + boxPx.height / 2];
  const endY = to.y + boxPx.height / 2;
  const middleX = (startX + to.x) / 2;
  return `M${startX} ${startY} C${middleX} ${startY} ${middleX} ${endY} ${to.x} ${endY}`;
}

function Facts({ box }: { readonly box: MapBox }) {
  const t = useText('monitoring');
  const { service, meeting } = box;
  return (
    <>
      <h2>
        {t(`kinds.${box.kind}`)}: {box.name}
      </h2>
      {service ? (
        <>
          <ServiceState service={service} />
          <p className={pages.plain}>
            {[
              service.version,
              ...service.addresses.map(hostOf),
              t('counts', { people: service.participants, meetings: service.meetings }),
            ].join(' · ')}
          </p>
        </>
      ) : null}
      {meeting ? (
        <ul className={classes.mapPeople}>
          {meeting.people.map(({ participantId, name, mos }) => (
            <li key={participantId}>
              {name} <Grade mos={mos} />
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
