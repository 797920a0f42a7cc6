/* oxlint-disable typescript/no-unsafe-type-assertion, typescript/switch-exhaustiveness-check -- ids are made by hand; what one does not take it ignores */
import type { RouterId } from '../../ids.ts';
import { keep } from '../copies.ts';
import { isNewer, nextEpoch } from '../epoch.ts';
import {
  afterPeer,
  afterWitness,
  answerClaim,
  answerReserve,
  mayOrder,
  unknownMeeting,
  type Claim,
  type NextStep,
  type PeerSaid,
  type WitnessSaid,
} from '../ownership.ts';
import { Controller, Router, type Message } from './parts.ts';

/**
 * One meeting in a zone of two controllers, three routers and the cloud, with every rule the real one. Messages travel in
 * order on each link and take as long as the schedule wants; links break, processes are killed and paused. Afterwards
 * everything heals, and then there must be one copy with every act that was acknowledged.
 */

const peerWaitMs = 300;

export class World {
  nowMs = 0;
  nextId = 1;
  readonly controllers = [new Controller('c0'), new Controller('c1')];
  readonly routers = [new Router('r0'), new Router('r1'), new Router('r2')];
  claim: Claim | null = null;
  readonly cut = new Set<string>();
  queue: { from: string; to: string; sentAtMs: number; message: Message }[] = [];
  readonly acknowledged = new Set<number>();

  isLinked(a: string, b: string): boolean {
    const down = this.controllers.some((one) => !one.isUp && (one.name === a || one.name === b));
    return !down && !this.cut.has(linkOf(a, b));
  }

  send(from: string, to: string, message: Message): void {
    if (this.isLinked(from, to)) this.queue.push({ from, to, sentAtMs: this.nowMs, message });
  }

  /** Delivers the oldest message of one of the links that have any. */
  deliver(pick: number): void {
    const links: string[] = [];
    for (const { from, to } of this.queue) {
      const receiver = this.controllers.find(({ name }) => name === to);
      if (receiver?.isPaused === true) continue;
      if (!links.includes(`${from} ${to}`)) links.push(`${from} ${to}`);
    }
    const link = links[pick % Math.max(1, links.length)];
    const at = this.queue.findIndex(({ from, to }) => `${from} ${to}` === link);
    const [next] = at < 0 ? [] : this.queue.splice(at, 1);
    if (next) this.receive(next.from, next.to, next.message);
  }

  receive(from: string, to: string, message: Message): void {
    const controller = this.controllers.find(({ name }) => name === to);
    const router = this.routers.find(({ name }) => name === to);
    if (controller) this.atController(controller, from, message);
    else if (router) router.take(this, from, message);
    else if (message.kind === 'claim') {
      const { answer, next } = answerClaim(this.claim, message, this.nowMs);
      this.claim = next;
      this.send('w', from, { kind: 'claimed', id: message.id, said: answer });
    }
  }

  raise(one: Controller, epoch: number): void {
    one.diskEpoch = Math.max(one.diskEpoch, epoch);
    one.knowledge = { ...one.knowledge, epoch: one.diskEpoch };
  }

  /** Somebody joins at this controller. */
  want(one: Controller): void {
    if (!one.isUp || one.isPaused) return;
    if (one.knowledge.place || one.asking) return;
    one.wants = false;
    one.knowledge = { ...one.knowledge, attempt: { stage: 'asking', yielded: false } };
    const other = this.otherOf(one);
    const id = this.nextId++;
    const byMs = this.nowMs + peerWaitMs;
    one.asking = { id, atMs: this.nowMs, byMs, of: 'peer', epoch: 0, routerId: null };
    if (!this.isLinked(one.name, other.name)) this.peerSaid(one, { kind: 'silent' });
    else this.send(one.name, other.name, { kind: 'reserve', id, epoch: one.diskEpoch, from: one.id });
  }

  peerSaid(one: Controller, said: PeerSaid): void {
    this.step(one, afterPeer(one.knowledge, one.id, said, { steps: 1, nowMs: this.nowMs }));
  }

  step(one: Controller, step: NextStep): void {
    const { asking } = one;
    if (!asking) return;
    if (step.kind === 'use' || step.kind === 'wait') {
      one.wants = step.kind === 'wait';
      this.giveUp(one);
    } else if (step.kind === 'ask-witness') {
      const router = this.routerFor(one);
      if (!router) {
        this.giveUp(one);
        return;
      }
      const id = this.nextId++;
      const epoch = nextEpoch(one.diskEpoch, one.id);
      one.asking = {
        id,
        atMs: this.nowMs,
        byMs: this.nowMs + peerWaitMs,
        of: 'witness',
        epoch,
        routerId: router.id,
      };
      const place = { routerId: router.id, epoch };
      if (this.isLinked(one.name, 'w')) this.send(one.name, 'w', { kind: 'claim', id, place, from: one.id });
      else this.witnessSaid(one, { kind: 'silent' });
    } else {
      // What was claimed for a router is for no other.
      const claimed = this.routers.find(({ id }) => id === asking.routerId);
      const router = claimed ?? this.routerFor(one);
      if (!router || !mayOrder(one.knowledge, asking.atMs, this.nowMs)) {
        one.wants = true;
        this.giveUp(one);
        return;
      }
      this.raise(one, step.epoch);
      one.knowledge = { ...one.knowledge, attempt: { stage: 'ordered', yielded: false } };
      const checkpoint = one.kept.current ?? one.kept.leftovers.at(-1) ?? null;
      this.send(one.name, router.name, { kind: 'open', epoch: step.epoch, checkpoint });
      asking.byMs = this.nowMs + 5_000;
      asking.epoch = step.epoch;
    }
  }

  witnessSaid(one: Controller, said: WitnessSaid): void {
    this.step(one, afterWitness(one.knowledge, one.id, said, { steps: 1 }));
  }

  giveUp(one: Controller): void {
    one.asking = null;
    one.knowledge = { ...one.knowledge, attempt: null };
  }

  routerFor(one: Controller): Router | undefined {
    const linked = this.routers.filter(({ name }) => this.isLinked(one.name, name));
    return linked[(this.nextId + this.nowMs) % Math.max(1, linked.length)];
  }

  otherOf(one: Controller): Controller {
    const other = this.controllers.find((each) => each !== one);
    if (!other) throw new Error('there are two');
    return other;
  }

  atController(one: Controller, from: string, message: Message): void {
    const { asking } = one;
    switch (message.kind) {
      case 'reserve': {
        const ask = { from: message.from, epoch: message.epoch, steps: 1 };
        const { answer, next } = answerReserve(one.knowledge, one.id, ask, this.nowMs);
        one.knowledge = next;
        this.raise(one, next.epoch);
        this.send(one.name, from, { kind: 'reserved', id: message.id, said: answer });
        return;
      }
      case 'reserved':
        if (asking?.id === message.id && asking.of === 'peer') this.peerSaid(one, message.said);
        return;
      case 'claimed':
        if (asking?.id === message.id && asking.of === 'witness') this.witnessSaid(one, message.said);
        return;
      case 'opened':
        if (!message.ok) this.raise(one, message.seen);
        if (asking?.epoch === message.epoch) {
          one.wants = !message.ok;
          this.giveUp(one);
        }
        if (message.ok) this.adopt(one, from as RouterId, message.epoch);
        return;
      case 'report':
        this.adopt(one, from as RouterId, message.epoch);
        return;
      case 'put': {
        const { kept, isStale } = keep(one.kept, message.checkpoint, one.diskEpoch);
        one.kept = kept;
        this.raise(one, message.checkpoint.epoch);
        if (isStale) this.send(one.name, from, { kind: 'stale', epoch: message.checkpoint.epoch });
        else if (message.act !== null) this.send(one.name, from, { kind: 'stored', act: message.act });
        this.mergeLeftovers(one);
        return;
      }
      case 'copy':
        one.kept = keep(one.kept, message.checkpoint, one.diskEpoch).kept;
        this.raise(one, message.checkpoint.epoch);
        this.mergeLeftovers(one);
        return;
      default:
        return;
    }
  }

  adopt(one: Controller, routerId: RouterId, epoch: number | null): void {
    const { place } = one.knowledge;
    if (epoch === null) {
      if (place?.routerId === routerId) one.knowledge = { ...one.knowledge, place: null };
      return;
    }
    this.raise(one, epoch);
    const reported = { routerId, epoch };
    if (place && place.routerId !== routerId) {
      const loser = isNewer(reported, place) ? place : reported;
      this.send(one.name, loser.routerId, { kind: 'end' });
      if (loser === reported) return;
    }
    one.knowledge = { ...one.knowledge, place: reported };
    this.mergeLeftovers(one);
  }

  mergeLeftovers(one: Controller): void {
    const { place } = one.knowledge;
    if (!place) return;
    for (const checkpoint of one.kept.leftovers) {
      this.send(one.name, place.routerId, { kind: 'merge', checkpoint });
    }
  }

  /** A host acts in one of the copies. */
  act(n: number): void {
    const copies = this.routers.filter(({ copy }) => copy !== null);
    const one = copies[n % Math.max(1, copies.length)];
    if (!one?.copy) return;
    const act = this.nextId++;
    one.copy.acts.push(act);
    one.copy.rev += 1;
    one.tellAll(this, act);
  }

  cutLink(a: string, b: string): void {
    this.cut.add(linkOf(a, b));
    this.broken(a, b);
  }

  broken(a: string, b: string): void {
    this.queue = this.queue.filter(({ from, to }) => linkOf(from, to) !== linkOf(a, b));
    for (const one of this.controllers) {
      const other = one.name === a ? b : one.name === b ? a : null;
      if (other === null) continue;
      if (one.knowledge.place?.routerId === other) one.knowledge = { ...one.knowledge, place: null };
    }
  }

  /** Two halves: c0 and some routers, c1 and the others; the cloud with one of them or with nobody. */
  split(n: number): void {
    const first = new Set(['c0', ...['r0', 'r1', 'r2'].slice(0, n % 4)]);
    if (n % 2 === 0) first.add('w');
    for (const [a, b] of links) if (first.has(a) !== first.has(b)) this.cutLink(a, b);
  }

  healAll(): void {
    for (const [a, b] of links) this.heal(a, b);
  }

  heal(a: string, b: string): void {
    if (!this.cut.delete(linkOf(a, b))) return;
    this.linkUp(a, b);
  }

  linkUp(a: string, b: string): void {
    if (!this.isLinked(a, b)) return;
    const router = this.routers.find(({ name }) => name === a || name === b);
    if (router) {
      const controller = router.name === a ? b : a;
      this.send(router.name, controller, { kind: 'report', epoch: router.copy?.epoch ?? null });
      if (router.copy) {
        const checkpoint = { ...router.copy, acts: [...router.copy.acts] };
        this.send(router.name, controller, { kind: 'put', checkpoint, act: null });
      }
      return;
    }
    for (const one of this.controllers) {
      for (const checkpoint of [...one.kept.leftovers, ...(one.kept.current ? [one.kept.current] : [])]) {
        this.send(one.name, this.otherOf(one).name, { kind: 'copy', checkpoint });
      }
    }
  }

  kill(one: Controller): void {
    if (!one.isUp) return;
    for (const name of this.everybodyElse(one)) this.broken(one.name, name);
    one.isUp = false;
    one.isPaused = false;
    one.asking = null;
    one.wants = false;
    one.knowledge = { ...unknownMeeting, epoch: one.diskEpoch };
  }

  restart(one: Controller): void {
    if (one.isUp) return;
    one.isUp = true;
    for (const name of this.everybodyElse(one)) if (name !== 'w') this.linkUp(one.name, name);
  }

  killRouter(one: Router): void {
    one.copy = null;
    one.highest = 0;
    one.highestObeyed = 0;
    for (const { name } of this.controllers) {
      this.broken(one.name, name);
      this.linkUp(one.name, name);
    }
  }

  everybodyElse(one: Controller): string[] {
    return [this.otherOf(one).name, 'w', ...this.routers.map(({ name }) => name)];
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const one of this.controllers) {
      if (!one.isUp || one.isPaused) continue;
      const { asking } = one;
      if (asking && asking.byMs <= this.nowMs) {
        if (one.knowledge.attempt?.stage === 'ordered') this.giveUp(one);
        else if (asking.of === 'peer') this.peerSaid(one, { kind: 'silent' });
        else this.witnessSaid(one, { kind: 'silent' });
      }
      if (one.wants) this.want(one);
    }
  }

  settle(): void {
    for (let round = 0; round < 60; round++) {
      for (let step = 0; step < 3_000 && this.queue.length > 0; step++) this.deliver(0);
      this.advance(400);
    }
  }
}

const linkOf = (a: string, b: string): string => [a, b].toSorted().join('-');

export const links: readonly (readonly [string, string])[] = [
  ['c0', 'c1'],
  ['c0', 'w'],
  ['c1', 'w'],
  ['c0', 'r0'],
  ['c0', 'r1'],
  ['c0', 'r2'],
  ['c1', 'r0'],
  ['c1', 'r1'],
  ['c1', 'r2'],
];
