import type { LiveMeeting, MonitoredService, MonitoringOverview } from '@guildhall/protocol';

export type MapKind = 'zone' | 'controller' | 'router' | 'meeting';

export interface MapBox {
  /** Unique on the map; a controller VM is on it twice. */
  readonly id: string;
  readonly kind: MapKind;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly service: MonitoredService | undefined;
  readonly meeting: LiveMeeting | undefined;
}

export interface MapDrawing {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly boxes: readonly MapBox[];
  readonly lines: readonly { readonly from: MapBox; readonly to: MapBox }[];
  /** Meetings that did not fit. */
  readonly more: number;
}

export const boxPx = { width: 190, height: 48 } as const;
const columnPx = boxPx.width + 56;
const rowPx = boxPx.height + 16;
const marginPx = 12;
/** A map of more is no map. */
const maxMeetings = 40;

/** Places zones, controllers, routers and meetings in four columns and says who belongs to whom. */
export function drawMap(
  zones: MonitoringOverview['zones'],
  services: readonly MonitoredService[],
  meetings: readonly LiveMeeting[],
): MapDrawing {
  const boxes: MapBox[] = [];
  const lines: { from: MapBox; to: MapBox }[] = [];
  const rows = [0, 0, 0, 0];
  const place = (column: number, facts: Omit<MapBox, 'x' | 'y'>): MapBox => {
    const row = rows[column] ?? 0;
    rows[column] = row + 1;
    const box = { ...facts, x: marginPx + column * columnPx, y: marginPx + row * rowPx };
    boxes.push(box);
    return box;
  };
  const routers = new Map<string, MapBox>();
  for (const zone of zones) {
    // A zone begins below everything of the one before, so that lines do not cross.
    rows.fill(Math.max(...rows));
    const none = { service: undefined, meeting: undefined };
    const zoneBox = place(0, { id: zone.zoneId, kind: 'zone', name: zone.name, ...none });
    const of = (kind: MonitoredService['service']) =>
      services.filter(({ zoneId, service }) => zoneId === zone.zoneId && service === kind);
    const controllers = of('zctrl').map((service) =>
      place(1, { ...none, id: `zctrl ${service.nodeId}`, kind: 'controller', name: service.name, service }),
    );
    for (const controller of controllers) lines.push({ from: zoneBox, to: controller });
    for (const service of of('mmr')) {
      const router = place(2, {
        ...none,
        id: `mmr ${service.nodeId}`,
        kind: 'router',
        name: service.name,
        service,
      });
      routers.set(service.nodeId, router);
      for (const controller of controllers) lines.push({ from: controller, to: router });
    }
    for (const meeting of meetings.filter(({ zoneId }) => zoneId === zone.zoneId)) {
      if (boxes.filter(({ kind }) => kind === 'meeting').length >= maxMeetings) break;
      const box = place(3, { ...none, id: meeting.meetingId, kind: 'meeting', name: meeting.topic, meeting });
      for (const { nodeId } of meeting.routers) {
        const router = routers.get(nodeId);
        if (router) lines.push({ from: router, to: box });
      }
    }
  }
  const drawn = boxes.filter(({ kind }) => kind === 'meeting').length;
  return {
    widthPx: 2 * marginPx + 3 * columnPx + boxPx.width,
    heightPx: 2 * marginPx + Math.max(1, ...rows) * rowPx,
    boxes,
    lines,
    more: meetings.length - drawn,
  };
}
