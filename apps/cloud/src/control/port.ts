import type { NodeId, ZoneId } from '@guildhall/domain';
import type { RouterReport } from '@guildhall/protocol';

/** What a connected zone controller last said of itself. */
export interface LiveController {
  readonly nodeId: NodeId;
  readonly zoneId: ZoneId;
  readonly urls: readonly string[];
  readonly routers: readonly RouterReport[];
  readonly meetings: number;
  readonly participants: number;
  readonly lastSeenMs: number;
}

/** Which controllers hold a link to this process. Soft state: a restart forgets it and the controllers dial again. */
export interface LiveControllers {
  ofZone(zoneId: ZoneId): readonly LiveController[];
}
