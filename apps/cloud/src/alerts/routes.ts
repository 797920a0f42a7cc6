import {
  AlertDeliveryList,
  AlertRuleId,
  Alerts,
  AlertTargetId,
  CreateAlertRuleRequest,
  CreateAlertTargetAnswer,
  CreateAlertTargetRequest,
  ErrorEnvelope,
  Ok,
  SwitchRequest,
  type AlertDelivery,
  type AlertTarget,
} from '@guildhall/protocol';
import type { Random } from '@guildhall/kit';
import { z } from 'zod';
import { audit } from '../audit.ts';
import { refuse } from '../refuse.ts';
import type { StoredDelivery, StoredTarget, StoredUser } from '../store/port.ts';
import type { App, WebServices } from '../web/types.ts';
import { checkWebhookUrl, type DestinationRules } from './destination.ts';
import type { Sender } from './sender.ts';
import { newDelivery } from './watcher.ts';

const base = '/api/v1/connector/monitoring/alerts';
const maxRules = 50;
const maxTargets = 20;
const secretBytes = 32;

export interface AlertServices extends WebServices {
  readonly sender: Sender;
  readonly rules: DestinationRules;
  readonly canMail: boolean;
  readonly random: Pick<Random, 'bytes'>;
}

/** When somebody is told of what is monitored, and how. Owners and administrators. */
export function addAlertRoutes(app: App, services: AlertServices): void {
  const { store, ids, clock, callers, sender, rules: destinations, canMail, random } = services;
  const schemaOf = <T>(summary: string, answer: T) => ({
    tags: ['Alerts'],
    summary,
    description: 'Owners and administrators.',
    response: { 200: answer, default: ErrorEnvelope },
  });
  const view = async ({ accountId }: StoredUser): Promise<Alerts> => {
    const rules = await store.alerts.rules(accountId);
    const states = await store.alerts.states(rules.map(({ id }) => id));
    const targets = await store.alerts.targets(accountId);
    return {
      rules: rules.map(({ id, condition, enabled }) => ({
        ruleId: id,
        condition,
        enabled,
        firing: states
          .filter(({ ruleId, isRaised }) => ruleId === id && isRaised === 1)
          .map(({ label, sinceMs }) => ({ label, sinceMs })),
      })),
      targets: targets.map(targetView),
      mail: canMail,
    };
  };

  app.get(base, { schema: schemaOf('Rules and targets', Alerts) }, async (request) =>
    view(await callers.administrator(request)),
  );

  app.post(
    `${base}/rules`,
    { schema: { ...schemaOf('Watch something', Alerts), body: CreateAlertRuleRequest } },
    async (request) => {
      const caller = await callers.administrator(request);
      const { accountId } = caller;
      if ((await store.alerts.rules(accountId)).length >= maxRules) {
        throw refuse('request.conflict', { sentence: `There may be at most ${maxRules} rules.` });
      }
      const id = ids.row('alr');
      const { condition } = request.body;
      await store.alerts.addRule({ id, accountId, condition, enabled: true, createdAtMs: clock.now() });
      await audit(services, caller, 'alert.rule-made', id);
      return view(caller);
    },
  );

  const ruleParams = z.strictObject({ ruleId: AlertRuleId });
  app.patch(
    `${base}/rules/:ruleId`,
    { schema: { ...schemaOf('Switch a rule on or off', Alerts), params: ruleParams, body: SwitchRequest } },
    async (request) => {
      const caller = await callers.administrator(request);
      const { ruleId } = request.params;
      if (!(await store.alerts.switchRule(caller.accountId, ruleId, request.body.enabled)))
        throw refuse('not-found');
      await audit(services, caller, 'alert.rule-changed', ruleId);
      return view(caller);
    },
  );
  app.delete(
    `${base}/rules/:ruleId`,
    { schema: { ...schemaOf('Watch it no more', Alerts), params: ruleParams } },
    async (request) => {
      const caller = await callers.administrator(request);
      const { ruleId } = request.params;
      if (!(await store.alerts.removeRule(caller.accountId, ruleId))) throw refuse('not-found');
      await audit(services, caller, 'alert.rule-removed', ruleId);
      return view(caller);
    },
  );

  app.post(
    `${base}/targets`,
    {
      schema: {
        ...schemaOf('Add whom to tell', CreateAlertTargetAnswer),
        description:
          'Owners and administrators. A webhook’s messages carry `guildhall-timestamp` (seconds) and `guildhall-signature`: `v1=` and the hex HMAC-SHA-256 of `<timestamp>.<body>` with the secret, which is shown only here.',
        body: CreateAlertTargetRequest,
      },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const { accountId } = caller;
      const { body } = request;
      if ((await store.alerts.targets(accountId)).length >= maxTargets) {
        throw refuse('request.conflict', { sentence: `There may be at most ${maxTargets} targets.` });
      }
      if (body.kind === 'email' && !canMail) throw refuse('alert.no-mail');
      if (body.kind === 'webhook') checkWebhookUrl(body.url, destinations);
      const secret =
        body.kind === 'webhook' ? `whs_${Buffer.from(random.bytes(secretBytes)).toString('hex')}` : null;
      const target: StoredTarget = {
        id: ids.row('alt'),
        accountId,
        kind: body.kind,
        name: body.name,
        address: body.kind === 'webhook' ? body.url : body.email,
        secret,
        enabled: 1,
        createdAtMs: clock.now(),
      };
      await store.alerts.addTarget(target);
      await audit(services, caller, 'alert.target-made', target.id);
      return { target: targetView(target), secret };
    },
  );

  const targetParams = z.strictObject({ targetId: AlertTargetId });
  app.patch(
    `${base}/targets/:targetId`,
    {
      schema: { ...schemaOf('Switch a target on or off', Alerts), params: targetParams, body: SwitchRequest },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const { targetId } = request.params;
      if (!(await store.alerts.switchTarget(caller.accountId, targetId, request.body.enabled)))
        throw refuse('not-found');
      await audit(services, caller, 'alert.target-changed', targetId);
      return view(caller);
    },
  );
  app.delete(
    `${base}/targets/:targetId`,
    { schema: { ...schemaOf('Tell them no more', Alerts), params: targetParams } },
    async (request) => {
      const caller = await callers.administrator(request);
      const { targetId } = request.params;
      if (!(await store.alerts.removeTarget(caller.accountId, targetId))) throw refuse('not-found');
      await audit(services, caller, 'alert.target-removed', targetId);
      return view(caller);
    },
  );
  app.post(
    `${base}/targets/:targetId/test`,
    { schema: { ...schemaOf('Send a test message to a target now', Ok), params: targetParams } },
    async (request) => {
      const caller = await callers.administrator(request);
      const targets = await store.alerts.targets(caller.accountId);
      const target = targets.find(({ id }) => id === request.params.targetId);
      if (!target) throw refuse('not-found');
      const facts = { type: 'alert.test' };
      const message = { id: ids.row('ald'), atMs: clock.now(), subject: 'Guildhall: test', facts };
      // Without a time it is in no round of the sender: this is its one attempt.
      const delivery = { ...newDelivery(target, message), nextAttemptMs: null };
      await store.alerts.addDelivery(delivery);
      const { kind, address, secret } = target;
      const { error } = await sender.attempt({ ...delivery, kind, address, secret }, false);
      if (error !== null) throw refuse('alert.not-delivered', { sentence: error });
      return { ok: true } as const;
    },
  );

  app.get(`${base}/deliveries`, { schema: schemaOf('What was told', AlertDeliveryList) }, async (request) => {
    const { accountId } = await callers.administrator(request);
    return { deliveries: (await store.alerts.deliveries(accountId)).map(deliveryView) };
  });
}

const targetView = ({ id, kind, name, address, enabled }: StoredTarget): AlertTarget => ({
  targetId: id,
  kind,
  name,
  address,
  enabled: enabled === 1,
});

const deliveryView = (delivery: StoredDelivery & { readonly name: string }): AlertDelivery => {
  const { id, atMs, targetId, name, subject, state, attempts, nextAttemptMs, statusCode, error } = delivery;
  const facts = { atMs, targetId, subject, state, attempts, nextAttemptMs, statusCode, error };
  return { deliveryId: id, target: name, ...facts };
};
