import type { Clock, Logger } from '@guildhall/kit';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Bus } from '../bus/port.ts';
import type { LiveControllers } from '../control/port.ts';
import type { Ids } from '../ids.ts';
import type { JoinService, PassService } from '../join/port.ts';
import type { MeetingService } from '../meetings/port.ts';
import type { Passwords } from '../people/port.ts';
import type { Store } from '../store/port.ts';
import type { Callers } from './people.ts';

/** Fastify whose routes are typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What the routes work with. */
export interface WebServices {
  readonly store: Store;
  readonly ids: Ids;
  readonly bus: Bus;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly callers: Callers;
  readonly passwords: Passwords;
  readonly meetings: MeetingService;
  readonly joins: JoinService;
  readonly passes: PassService;
  readonly controllers: LiveControllers;
}
