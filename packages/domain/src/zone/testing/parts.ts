/* oxlint-disable typescript/no-unsafe-type-assertion, typescript/switch-exhaustiveness-check -- ids are made by hand; what one does not take it ignores */
import type { NodeId, RouterId } from '../../ids.ts';
import { covers, including, type Included, type Kept, type Stored } from '../copies.ts';
import type { Place } from '../epoch.ts';
import { unknownMeeting, type Knowledge, type PeerSaid, type WitnessSaid } from '../ownership.ts';

export interface Checkpoint extends Stored {
  readonly acts: readonly number[];
}

interface Copy {
  epoch: number;
  rev: number;
  acts: number[];
  includes: readonly Included[];
}

export type Message =
  | { kind: 'reserve'; id: number; epoch: number; from: NodeId }
  | { kind: 'reserved'; id: number; said: PeerSaid }
  | { kind: 'claim'; id: number; place: Place; from: NodeId }
  | { kind: 'claimed'; id: number; said: WitnessSaid }
  | { kind: 'open'; epoch: number; checkpoint: Checkpoint | null }
  | { kind: 'opened'; epoch: number; ok: boolean; seen: number }
  | { kind: 'report'; epoch: number | null }
  | { kind: 'put'; checkpoint: Checkpoint; act: number | null }
  | { kind: 'stale'; epoch: number }
  | { kind: 'stored'; act: number }
  | { kind: 'copy'; checkpoint: Checkpoint }
  | { kind: 'merge'; checkpoint: Checkpoint }
  | { kind: 'end' };

export interface Asking {
  id: number;
  atMs: number;
  byMs: number;
  of: 'peer' | 'witness';
  epoch: number;
  routerId: RouterId | null;
}

export class Controller {
  readonly id: NodeId;
  readonly name: string;
  diskEpoch = 0;
  kept: Kept<Checkpoint> = { current: null, leftovers: [] };
  knowledge: Knowledge = unknownMeeting;
  asking: Asking | null = null;
  wants = false;
  isUp = true;
  isPaused = false;
  constructor(name: string) {
    this.name = name;
    this.id = `nod_${name}` as NodeId;
  }
}

/** What a router needs of the world. */
interface Post {
  readonly controllers: readonly { readonly name: string }[];
  readonly acknowledged: Set<number>;
  send(from: string, to: string, message: Message): void;
}

export class Router {
  readonly name: string;
  readonly id: RouterId;
  highest = 0;
  highestObeyed = 0;
  copy: Copy | null = null;
  constructor(name: string) {
    this.name = name;
    this.id = name as RouterId;
  }

  take(world: Post, from: string, message: Message): void {
    switch (message.kind) {
      case 'open': {
        const { epoch, checkpoint } = message;
        if (epoch < this.highest) {
          world.send(this.name, from, { kind: 'opened', epoch, ok: false, seen: this.highest });
          return;
        }
        if (epoch < this.highestObeyed) throw new Error('a router obeyed an older order');
        this.highestObeyed = epoch;
        this.highest = epoch;
        if (this.copy) {
          this.copy.includes = including(this.copy.includes, [this.copy]);
          this.copy.epoch = epoch;
        } else {
          const includes = checkpoint ? including(checkpoint.includes, [checkpoint]) : [];
          this.copy = { epoch, rev: checkpoint?.rev ?? 0, acts: [...(checkpoint?.acts ?? [])], includes };
        }
        world.send(this.name, from, { kind: 'opened', epoch, ok: true, seen: epoch });
        this.tellAll(world, null);
        return;
      }
      case 'merge': {
        const { copy } = this;
        if (!copy) return;
        if (!covers(copy, message.checkpoint)) {
          copy.acts = [...new Set([...copy.acts, ...message.checkpoint.acts])];
          copy.includes = including(copy.includes, message.checkpoint.includes, [message.checkpoint]);
          copy.rev += 1;
        }
        this.tellAll(world, null);
        return;
      }
      case 'end':
        this.#endCopy(world);
        return;
      case 'stale':
        if (this.copy && this.copy.epoch <= message.epoch) this.#endCopy(world);
        return;
      case 'stored':
        world.acknowledged.add(message.act);
        return;
      default:
        return;
    }
  }

  #endCopy(world: Post): void {
    this.copy = null;
    for (const { name } of world.controllers) world.send(this.name, name, { kind: 'report', epoch: null });
  }

  tellAll(world: Post, act: number | null): void {
    const { copy } = this;
    if (!copy) return;
    for (const { name } of world.controllers) {
      world.send(this.name, name, { kind: 'report', epoch: copy.epoch });
      world.send(this.name, name, { kind: 'put', checkpoint: { ...copy, acts: [...copy.acts] }, act });
    }
  }
}
