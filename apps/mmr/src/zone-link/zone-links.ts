import type { MeetingId, NodeId, OverloadCause } from '@guildhall/domain';
import type { Clock, Logger, Random, Timer } from '@guildhall/kit';
import {
  defaultLimits,
  type BranchReport,
  type MeetingEvent,
  type OpenMeetingReport,
  type PublicJwk,
  type QualityReport,
  type RouterLoad,
} from '@guildhall/protocol';
import { isGuildhallError, type ReconnectingLink } from '@guildhall/rpc';
import type { StoredMeeting, ZonePort } from '../types.ts';
import { openControllerLink, type ControllerLinkOptions } from './controller-link.ts';
import { Learned, type LearnedStore } from './learned.ts';
import { History } from './history.ts';
import { StoreKeeper } from './store-keeper.ts';
import type {
  ControllerFacts,
  LoadReport,
  MeetingEnd,
  MinimumVersion,
  RegisteredController,
} from './types.ts';

export interface ZoneLinksOptions extends Omit<
  ControllerLinkOptions,
  | 'urls'
  | 'expected'
  | 'onRegistered'
  | 'onControllers'
  | 'onFacts'
  | 'onLost'
  | 'onFailed'
  | 'onMinimumVersion'
  | 'reports'
  | 'branches'
> {
  /** As configured. */
  readonly urls: readonly string[];
  /** Keeps what controllers tell of each other. */
  readonly learnedStore: LearnedStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What the router says about itself. */
export interface SelfReports {
  readonly load: () => RouterLoad;
  readonly meetings: () => OpenMeetingReport[];
  /** Of meetings that other routers own. */
  readonly branches: () => BranchReport[];
  readonly draining: () => boolean;
  readonly drainEndsAtMs: () => number | null;
  readonly overload: () => OverloadCause | null;
}

/** Many small changes within this are one write. */
const gatherMs = 200;
const flushWithinMs = 1_500;
/** A controller that is learned and configured too is linked as configured: those are dialled first. */
const learnedAfterMs = 1_000;

/** All controllers of the zone, as this router knows them. */
export class ZoneLinks implements ZonePort {
  readonly #options: ZoneLinksOptions;
  readonly #keeper: StoreKeeper;
  readonly #history: History;
  readonly #links = new Map<string, ReconnectingLink<unknown>>();
  readonly #controllers = new Map<string, RegisteredController>();
  /** The last word of each controller; kept while it is away, for people keep coming. */
  readonly #facts = new Map<string, ControllerFacts>();
  /** Why a controller could not be linked the last time. */
  readonly #failures = new Map<string, string>();
  readonly #minimumVersions = new Map<string, MinimumVersion>();
  readonly #learned: Learned;
  #learnedTimer: Timer | undefined;
  /** Those who were configured have had their time to answer. */
  #dialsLearned = false;
  readonly #gathering = new Map<MeetingId, { meeting: StoredMeeting; timer: Timer }>();
  #self: SelfReports | undefined;
  #onLoadChanged: () => void = () => undefined;

  constructor(options: ZoneLinksOptions) {
    this.#options = options;
    const { clock, random, logger } = options;
    this.#keeper = new StoreKeeper(clock, logger);
    this.#history = new History(clock, random, logger);
    this.#learned = new Learned(options.learnedStore, logger);
  }

  /** Keys of the controllers whose seats are good here. */
  get seatKeys(): readonly PublicJwk[] {
    return [...this.#facts.values()].flatMap(({ seatKeys }) => seatKeys);
  }

  get webOrigins(): ReadonlySet<string> {
    return new Set([...this.#facts.values()].flatMap(({ webOrigins }) => webOrigins));
  }

  get limits(): ControllerFacts['limits'] {
    return [...this.#facts.values()].at(-1)?.limits ?? defaultLimits;
  }

  /** The oldest version that hosts meetings, as the controllers said last; all of a zone say the same. */
  get minimumVersion(): MinimumVersion | undefined {
    return [...this.#minimumVersions.values()].at(-1);
  }

  /** Controllers linked now. */
  get linked(): number {
    return this.#controllers.size;
  }

  start(self: SelfReports, onLoadChanged: () => void): void {
    this.#self = self;
    this.#onLoadChanged = onLoadChanged;
    for (const url of this.#options.urls) this.#links.set(url, this.#open(url, [url], undefined, self));
    this.#learnedTimer = this.#options.clock.setTimeout(() => {
      this.#dialsLearned = true;
      this.#dialLearned();
    }, learnedAfterMs);
  }

  store(meeting: StoredMeeting, when: 'now' | 'soon'): void {
    const { meetingId } = meeting;
    const gathering = this.#gathering.get(meetingId);
    if (when === 'now') {
      gathering?.timer.cancel();
      this.#gathering.delete(meetingId);
      this.#keeper.store(meeting);
    } else if (!gathering) {
      const timer = this.#options.clock.setTimeout(() => {
        this.#gathering.delete(meetingId);
        this.#keeper.store(meeting);
      }, gatherMs);
      this.#gathering.set(meetingId, { meeting, timer });
    }
  }

  stored(meeting: StoredMeeting): Promise<void> {
    return this.#keeper.stored(meeting);
  }

  async kept(meeting: StoredMeeting): Promise<void> {
    // Without a controller nobody should wait for one before they say the next thing.
    if (this.linked === 0) return;
    await this.#keeper.stored(meeting).catch((error: unknown) => {
      if (!isGuildhallError(error, 'meeting.not-stored')) throw error;
    });
  }

  ended(end: MeetingEnd): Promise<void> {
    this.#gathering.get(end.meetingId)?.timer.cancel();
    this.#gathering.delete(end.meetingId);
    return this.#keeper.ended(end);
  }

  history(event: MeetingEvent): void {
    this.#history.add(event);
  }

  loadChanged(): void {
    this.#onLoadChanged();
  }

  /** Tells every controller how busy this router is. */
  report(): void {
    if (!this.#self) return;
    const report = reportOf(this.#self);
    for (const controller of this.#controllers.values()) controller.reportLoad(report);
  }

  /** Tells every controller who is where and how well it works. Lost when none is linked: the next one replaces it. */
  reportQuality(report: QualityReport): void {
    for (const controller of this.#controllers.values()) controller.reportQuality(report);
  }

  /** Brings out what is still to be stored; resolves when done or after a moment. */
  async flush(): Promise<void> {
    for (const { meeting } of Array.from(this.#gathering.values())) this.store(meeting, 'now');
    await Promise.all([this.#keeper.settled(flushWithinMs), this.#flushHistory()]);
  }

  describe(): unknown {
    return Array.from(this.#links, ([url, link]) => ({
      url,
      learned: !this.#options.urls.includes(url),
      state: link.state.kind,
      controllerId: this.#facts.get(url)?.controllerId,
      failure: this.#failures.get(url),
    }));
  }

  /** Idempotent. */
  close(): void {
    this.#history.close();
    this.#learnedTimer?.cancel();
    this.#self = undefined;
    for (const { timer } of this.#gathering.values()) timer.cancel();
    this.#gathering.clear();
    for (const link of this.#links.values()) link.close();
  }

  async #flushHistory(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimeout(resolve, flushWithinMs);
    await Promise.race([this.#history.flush(), promise]);
    timer.cancel();
  }

  /** Controllers that answer at addresses that were configured. Remembered while they are away: they come back there. */
  get #configured(): ReadonlySet<string> {
    return new Set(this.#options.urls.flatMap((url) => this.#facts.get(url)?.controllerId ?? []));
  }

  /** Has exactly those linked that were learned and are not configured. */
  #dialLearned(): void {
    const self = this.#self;
    if (!self) return;
    const configured = this.#configured;
    this.#learned.keepBut(configured);
    if (!this.#dialsLearned) return;
    const wanted = new Map(
      this.#learned.controllers
        .filter(({ nodeId }) => !configured.has(nodeId))
        .map((one) => [`${one.nodeId} ${one.urls.join(' ')}`, one]),
    );
    for (const key of Array.from(this.#links.keys())) {
      if (!this.#options.urls.includes(key) && !wanted.has(key)) this.#forget(key);
    }
    for (const [key, { nodeId, urls }] of wanted) {
      const [first, ...more] = urls;
      if (first === undefined || this.#links.has(key)) continue;
      this.#options.logger.info({ controllerId: nodeId, urls }, 'learned of another zone controller');
      this.#links.set(key, this.#open(key, [first, ...more], nodeId, self));
    }
  }

  /** Its keys are good no more. */
  #forget(key: string): void {
    const link = this.#links.get(key);
    this.#links.delete(key);
    link?.close();
    for (const known of [this.#facts, this.#controllers, this.#failures, this.#minimumVersions]) {
      known.delete(key);
    }
  }

  #told(key: string, url: string, zoneControllers: ControllerFacts['zoneControllers']): void {
    const facts = this.#facts.get(key);
    if (facts && zoneControllers) this.#learned.told({ ...facts, url }, zoneControllers);
    this.#dialLearned();
  }

  /** @param url what it is known by here: its address as configured, or what was learned of it */
  #open(
    url: string,
    urls: ControllerLinkOptions['urls'],
    expected: NodeId | undefined,
    self: SelfReports,
  ): ReconnectingLink<unknown> {
    let unlink: (() => void)[] = [];
    let dialled = urls[0];
    return openControllerLink({
      ...this.#options,
      urls,
      expected,
      reports: self.meetings,
      branches: self.branches,
      onRegistered: (controller, facts, at) => {
        dialled = at;
        this.#facts.set(url, facts);
        this.#controllers.set(url, controller);
        // A router counts as draining until its first report.
        controller.reportLoad(reportOf(self));
        unlink = [this.#keeper.link(controller), this.#history.link(controller)];
        this.#told(url, dialled, facts.zoneControllers);
      },
      onControllers: (told) => this.#told(url, dialled, told),
      onFacts: (changed) => {
        const facts = this.#facts.get(url);
        if (facts) this.#facts.set(url, { ...facts, ...changed });
      },
      onFailed: (code) => {
        if (code === undefined) this.#failures.delete(url);
        else this.#failures.set(url, code);
      },
      onMinimumVersion: (minimum) => {
        this.#minimumVersions.delete(url);
        if (minimum) this.#minimumVersions.set(url, minimum);
      },
      onLost: () => {
        this.#controllers.delete(url);
        for (const undo of unlink.splice(0)) undo();
      },
    });
  }
}

const reportOf = (self: SelfReports): LoadReport => ({
  load: self.load(),
  meetings: self.meetings(),
  branches: self.branches(),
  draining: self.draining(),
  drainEndsAtMs: self.drainEndsAtMs(),
  overload: self.overload(),
});
