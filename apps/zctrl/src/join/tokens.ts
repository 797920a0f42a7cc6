import { passStanding, type PassStanding, type RouterId } from '@guildhall/domain';
import { signToken, verifyToken, type Clock, type PrivateKeyJwk } from '@guildhall/kit';
import {
  branchLifetimeMs,
  errorCodes,
  maxPassLifetimeMs,
  PassClaims,
  RejoinClaims,
  rejoinLifetimeMs,
  routerAudience,
  seatLifetimeMs,
  TicketClaims,
  ticketIssuer,
  zoneAudience,
  type NodeIdentity,
  type Policy,
} from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import type { PolicyPort, SignBranch } from '../types.ts';

/** Who somebody is and where they want to go; what a ticket, a rejoin token and a pass have in common. */
export type Guest = Pick<
  TicketClaims,
  'accountId' | 'zoneId' | 'participantId' | 'subject' | 'name' | 'role' | 'meeting'
>;

interface TokenContext {
  readonly identity: Pick<NodeIdentity, 'nodeId' | 'accountId'> & { readonly key: PrivateKeyJwk };
  readonly clock: Clock;
}

/**
 * Claims of a ticket, checked without asking the cloud.
 * @throws GuildhallError `ticket.invalid`, `ticket.expired`
 */
export async function readTicket(
  ticket: string,
  policy: Policy,
  { identity, clock }: TokenContext,
): Promise<TicketClaims> {
  const claims = await verifyToken(ticket, {
    schema: TicketClaims,
    audience: zoneAudience(policy.zoneId),
    keysOf: (issuer) => (issuer === ticketIssuer ? policy.ticketKeys : []),
    clock,
    codes: { invalid: 'ticket.invalid', expired: 'ticket.expired' },
  });
  // The audience names the zone; a key of the cloud may sign for many accounts, so these are compared too.
  if (claims.accountId !== identity.accountId || claims.zoneId !== policy.zoneId) {
    throw new GuildhallError('ticket.invalid', 'This ticket is not valid here. Open the meeting link again.');
  }
  return claims;
}

const passRefusals = {
  off: 'pass.invalid',
  expired: 'pass.expired',
  revoked: 'pass.revoked',
} as const satisfies Record<Exclude<PassStanding, 'good'>, string>;

/**
 * Claims of a pass, checked without asking the cloud: by what its last policy says of passes. What was withdrawn since
 * that policy came, this zone cannot know; a pass is good for days at most because of that.
 * @throws GuildhallError `pass.invalid`, `pass.expired`, `pass.revoked`
 */
export async function readPass(
  pass: string,
  policy: Policy,
  { identity, clock }: TokenContext,
): Promise<PassClaims> {
  const claims = await verifyToken(pass, {
    schema: PassClaims,
    audience: zoneAudience(policy.zoneId),
    keysOf: (issuer) => (issuer === ticketIssuer ? policy.ticketKeys : []),
    clock,
    codes: { invalid: 'pass.invalid', expired: 'pass.expired' },
    maxLifetimeMs: maxPassLifetimeMs,
  });
  const isHere = claims.accountId === identity.accountId && claims.zoneId === policy.zoneId;
  // A node that an administrator removed may still run, with a policy that nobody replaces any more.
  const isMember = policy.nodes.some((node) => node.nodeId === identity.nodeId);
  const facts = { ...claims, meetingId: claims.meeting.meetingId };
  const standing = isHere && isMember ? passStanding(facts, policy.passes, clock.now()) : 'off';
  if (standing === 'good') return claims;
  const code = passRefusals[standing];
  throw new GuildhallError(code, errorCodes[code].sentence);
}

/**
 * Claims of a rejoin token, signed by this controller or another one of the zone.
 * @throws GuildhallError `rejoin.invalid`, `rejoin.expired`
 */
export async function readRejoin(
  rejoin: string,
  policy: Policy,
  { identity, clock }: TokenContext,
): Promise<RejoinClaims> {
  const claims = await verifyToken(rejoin, {
    schema: RejoinClaims,
    audience: zoneAudience(policy.zoneId),
    keysOf: (issuer) => controllerKeys(policy, identity, issuer),
    clock,
    codes: { invalid: 'rejoin.invalid', expired: 'rejoin.expired' },
    maxLifetimeMs: rejoinLifetimeMs,
  });
  if (claims.accountId !== identity.accountId || claims.zoneId !== policy.zoneId) {
    throw new GuildhallError(
      'rejoin.invalid',
      'The rejoin token is not valid in this zone. Open the meeting link again.',
    );
  }
  return claims;
}

/** Lets its holder into one meeting on one router. */
export function signSeat(
  guest: Guest,
  routerId: RouterId,
  { identity, clock }: TokenContext,
): Promise<string> {
  const { participantId, subject, name, role, meeting } = guest;
  return signToken({
    key: identity.key,
    issuer: identity.nodeId,
    audience: routerAudience(routerId),
    typ: 'seat',
    lifetimeMs: seatLifetimeMs,
    claims: { routerId, meetingId: meeting.meetingId, participantId, subject, name, role },
    clock,
  });
}

/** Lets its holder come back for a day, without the cloud. */
export function signRejoin(guest: Guest, { identity, clock }: TokenContext): Promise<string> {
  const { accountId, zoneId, participantId, subject, name, role, meeting } = guest;
  return signToken({
    key: identity.key,
    issuer: identity.nodeId,
    audience: zoneAudience(zoneId),
    typ: 'rejoin',
    lifetimeMs: rejoinLifetimeMs,
    claims: { accountId, zoneId, participantId, subject, name, role, meeting },
    clock,
  });
}

/**
 * Lets one router open a branch of one meeting at another, with the key of its node.
 * @throws GuildhallError `node.unknown` its node is not in the policy
 */
export const branchSigner =
  ({ identity, clock }: TokenContext, policy: PolicyPort): SignBranch =>
  async ({ meetingId, epoch, top, branch: { routerId, nodeId } }) => {
    const node = policy.current?.nodes.find((one) => one.nodeId === nodeId);
    if (!node) throw new GuildhallError('node.unknown', 'The node of this router is not in the policy.');
    return signToken({
      key: identity.key,
      issuer: identity.nodeId,
      audience: routerAudience(top),
      typ: 'branch',
      lifetimeMs: branchLifetimeMs,
      claims: { meetingId, epoch, routerId, nodeId, nodeKey: node.publicKey },
      clock,
    });
  };

function controllerKeys(
  policy: Policy,
  identity: TokenContext['identity'],
  issuer: string,
): readonly PrivateKeyJwk[] | Policy['nodes'][number]['publicKey'][] {
  // The own key needs no policy: what this controller signed stays good while the cloud's list is late.
  if (issuer === identity.nodeId) return [identity.key];
  return policy.nodes
    .filter((node) => node.role === 'controller' && node.nodeId === issuer)
    .map((node) => node.publicKey);
}
