import type { AccountId } from '@guildhall/domain';
import {
  AuditEntryList,
  ErrorEnvelope,
  LiveMeetingList,
  LogExportQuery,
  LogPageQuery,
  MonitoredServiceList,
  MonitoringEventList,
  MonitoringOverview,
  Series,
  SeriesQuery,
} from '@guildhall/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App, WebServices } from '../web/types.ts';
import { auditColumns, auditReader, eventColumns, eventsReader, exported, pageOf, queryOf } from './logs.ts';
import type { Monitor } from './port.ts';
import { servicesOf } from './services.ts';
import { liveMeetingsOf, overviewOf, seriesOf } from './views.ts';

const base = '/api/v1/connector/monitoring';
const defaultPage = 50;

/** What the connector does now and did before. Owners and administrators. */
export function addMonitoringRoutes(app: App, monitor: Monitor, callers: WebServices['callers']): void {
  const { store, clock } = monitor;
  /** The one place where it is decided whose facts are told: everything below asks for this account only. */
  const accountOf = async (request: FastifyRequest): Promise<AccountId> =>
    (await callers.administrator(request)).accountId;
  const schemaOf = <T>(summary: string, answer: T) => ({
    tags: ['Monitoring'],
    summary,
    description: 'Owners and administrators.',
    response: { 200: answer, default: ErrorEnvelope },
  });

  app.get(
    `${base}/overview`,
    { schema: schemaOf('The connector in numbers', MonitoringOverview) },
    async (request) => overviewOf(monitor, await accountOf(request)),
  );

  app.get(
    `${base}/nodes`,
    { schema: schemaOf('Zone controllers and routers, and their state', MonitoredServiceList) },
    async (request) => ({
      atMs: clock.now(),
      services: await servicesOf(monitor, await accountOf(request)),
    }),
  );

  app.get(
    `${base}/series`,
    { schema: { ...schemaOf('One measurement over time', Series), querystring: SeriesQuery } },
    async (request) => seriesOf(monitor, await accountOf(request), request.query),
  );

  app.get(
    `${base}/meetings`,
    { schema: schemaOf('Meetings that run, with who is where and call quality', LiveMeetingList) },
    async (request) => ({
      atMs: clock.now(),
      meetings: await liveMeetingsOf(monitor, await accountOf(request)),
    }),
  );

  app.get(
    `${base}/events`,
    {
      schema: { ...schemaOf('What happened, newest first', MonitoringEventList), querystring: LogPageQuery },
    },
    async (request) => {
      const { limit = defaultPage, cursor, ...filter } = request.query;
      const read = eventsReader(store, await accountOf(request));
      return pageOf(read, queryOf(filter, limit, cursor));
    },
  );

  app.get(
    `${base}/audit`,
    { schema: { ...schemaOf('Who did what, newest first', AuditEntryList), querystring: LogPageQuery } },
    async (request) => {
      const { limit = defaultPage, cursor, ...filter } = request.query;
      const read = auditReader(store, await accountOf(request));
      return pageOf(read, queryOf(filter, limit, cursor));
    },
  );

  const exportSchema = (what: string) => ({
    tags: ['Monitoring'],
    summary: `The ${what} log as a file`,
    description: 'Owners and administrators. CSV (RFC 4180, UTF-8) or a JSON array, newest first.',
    querystring: LogExportQuery,
    produces: ['text/csv', 'application/json'],
    response: { default: ErrorEnvelope },
  });
  const asFile = (reply: FastifyReply, name: string, format: 'csv' | 'json'): FastifyReply =>
    reply
      .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8')
      .header('content-disposition', `attachment; filename="guildhall-${name}.${format}"`);

  app.get(`${base}/events/export`, { schema: exportSchema('event') }, async (request, reply) => {
    const { format, ...filter } = request.query;
    const read = eventsReader(store, await accountOf(request));
    return asFile(reply, 'events', format).send(exported(read, queryOf(filter, 0), format, eventColumns));
  });

  app.get(`${base}/audit/export`, { schema: exportSchema('audit') }, async (request, reply) => {
    const { format, ...filter } = request.query;
    const read = auditReader(store, await accountOf(request));
    return asFile(reply, 'audit', format).send(exported(read, queryOf(filter, 0), format, auditColumns));
  });
}
