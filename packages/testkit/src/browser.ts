import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--auto-select-desktop-capture-source=Entire screen',
  '--autoplay-policy=no-user-gesture-required',
];

/**
 * Debian's Chromium with fake camera and microphone (a moving pattern, a beep each second).
 * @param options.allowDevices false: whoever is asked for camera or microphone says no
 */
export const launchBrowser = (
  options: { flags?: readonly string[]; allowDevices?: boolean } = {},
): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: [
      ...flags,
      options.allowDevices === false ? '--deny-permission-prompts' : '--use-fake-ui-for-media-stream',
      ...(options.flags ?? []),
    ],
  });

declare global {
  interface Window {
    __peerConnections?: RTCPeerConnection[];
  }
}

/** Runs in the page before any script of it: keeps every peer connection, for statistics are only to be had from there. */
const keepPeerConnections = (): void => {
  const list: RTCPeerConnection[] = [];
  window.__peerConnections = list;
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      list.push(this);
    }
  };
};

export interface InboundStream {
  readonly kind: 'audio' | 'video';
  readonly trackId: string;
  readonly framesDecoded: number;
  readonly frameWidthPx: number;
  /** RTCInboundRtpStreamStats.totalAudioEnergy: grows only while something is to be heard. */
  readonly audioEnergy: number;
  readonly bytes: number;
}

/** What the live peer connections of a page receive now (W3C webrtc-stats, `inbound-rtp`). */
export const inboundStreams = (page: Page): Promise<InboundStream[]> =>
  page.evaluate(async () => {
    const streams: InboundStream[] = [];
    for (const connection of window.__peerConnections ?? []) {
      if (connection.connectionState === 'closed') continue;
      const report = await connection.getStats();
      report.forEach((entry: { type: string } & Record<string, unknown>) => {
        if (entry.type !== 'inbound-rtp') return;
        const number = (key: string): number => (typeof entry[key] === 'number' ? entry[key] : 0);
        streams.push({
          kind: entry['kind'] === 'audio' ? 'audio' : 'video',
          trackId: String(entry['trackIdentifier']),
          framesDecoded: number('framesDecoded'),
          frameWidthPx: number('frameWidth'),
          audioEnergy: number('totalAudioEnergy'),
          bytes: number('bytesReceived'),
        });
      });
    }
    return streams;
  });

/** One beep of the fake microphone adds about 0.11; what NetEq fades out after the last packet, under 0.01. */
const audibleEnergy = 0.03;

/** Where the media of a page goes to: the ports of the remote ends of its candidate pairs in use. */
export const mediaPorts = (page: Page): Promise<number[]> =>
  page.evaluate(async () => {
    const ports = new Set<number>();
    for (const connection of window.__peerConnections ?? []) {
      if (connection.connectionState === 'closed') continue;
      const report = await connection.getStats();
      const entries = new Map<string, Record<string, unknown>>();
      report.forEach((entry: { id: string } & Record<string, unknown>) => entries.set(entry.id, entry));
      for (const entry of entries.values()) {
        if (entry['type'] !== 'candidate-pair' || entry['state'] !== 'succeeded') continue;
        const port = entries.get(String(entry['remoteCandidateId']))?.['port'];
        if (typeof port === 'number') ports.add(port);
      }
    }
    return [...ports];
  });

export interface PersonOptions {
  readonly name: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly language?: string;
  readonly colorScheme?: 'light' | 'dark';
  readonly ignoreHttpsErrors?: boolean;
  readonly allowDevices?: boolean;
}

/** Somebody at a browser: what they do goes through roles and accessible names, as it would for a screen reader. */
export class Person implements AsyncDisposable {
  readonly name: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the page and of its console, which a test may want to be none. */
  readonly problems: string[] = [];

  private constructor(name: string, context: BrowserContext, page: Page) {
    this.name = name;
    this.context = context;
    this.page = page;
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
  }

  static async create(browser: Browser, options: PersonOptions): Promise<Person> {
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1280, height: 800 },
      locale: options.language ?? 'en-GB',
      colorScheme: options.colorScheme ?? 'light',
      permissions: options.allowDevices === false ? [] : ['camera', 'microphone'],
      ignoreHTTPSErrors: options.ignoreHttpsErrors ?? false,
    });
    // A limit for what does not come; a busy machine takes longer than the thirty seconds of Playwright.
    context.setDefaultTimeout(60_000);
    await context.addInitScript(keepPeerConnections);
    return new Person(options.name, context, await context.newPage());
  }

  button(name: string | RegExp): ReturnType<Page['getByRole']> {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Signs in at the portal, through its page. */
  async signIn(portal: string, owner: { readonly email: string; readonly password: string }): Promise<void> {
    await this.page.goto(`${portal}/signin`);
    await this.page.getByRole('textbox', { name: /e-?mail/iu }).fill(owner.email);
    await this.page
      .getByLabel(/password/iu)
      .first()
      .fill(owner.password);
    await this.button(/^sign in$/iu).click();
    await this.button('New meeting').first().waitFor();
  }

  /** Opens the link, gives the name, presses Join, and waits until the meeting's controls are there. */
  async join(joinUrl: string): Promise<void> {
    await this.openPreJoin(joinUrl);
    await this.button('Join').click();
    await this.button('Leave').waitFor();
  }

  async openPreJoin(joinUrl: string): Promise<void> {
    // A person does not wait for a page to have loaded, but for what they want to press.
    await this.page.goto(joinUrl, { waitUntil: 'commit' });
    const nameField = this.page.getByRole('textbox', { name: /name/iu });
    await this.button('Join').waitFor();
    // Who is signed in is known by name: their field goes away as soon as the page has heard so, maybe under our hands.
    if (await nameField.isVisible())
      await nameField.fill(this.name, { timeout: 5_000 }).catch(async () => {
        if (await nameField.isVisible()) await nameField.fill(this.name);
      });
  }

  /**
   * Waits until this many pictures are being decoded and voices heard; both must grow, so a frozen one does not count.
   * @param expected.newSince streams of this earlier look do not count at all: what still trickles out of them is not recovery
   */
  async receives(
    expected: { video: number; audio: number; newSince?: readonly InboundStream[] },
    timeoutMs = 60_000,
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const before = await inboundStreams(this.page);
    const dead = new Set(expected.newSince?.map((stream) => stream.trackId));
    let seen = { video: 0, audio: 0 };
    while (performance.now() < deadline) {
      const now = await inboundStreams(this.page);
      const grown = (
        kind: 'audio' | 'video',
        field: 'framesDecoded' | 'audioEnergy',
        least: number,
      ): number =>
        now.filter((stream) => {
          const earlier = before.find((other) => other.kind === kind && other.trackId === stream.trackId);
          return (
            stream.kind === kind &&
            !dead.has(stream.trackId) &&
            stream[field] - (earlier?.[field] ?? 0) >= least
          );
        }).length;
      seen = {
        video: grown('video', 'framesDecoded', 1),
        audio: grown('audio', 'audioEnergy', audibleEnergy),
      };
      if (seen.video >= expected.video && seen.audio >= expected.audio) return;
      await this.page.evaluate(() => new Promise((wake) => setTimeout(wake, 100)));
    }
    throw new Error(
      `${this.name} receives ${JSON.stringify(seen)} and not ${JSON.stringify(expected)} after ${timeoutMs} ms`,
    );
  }

  async close(): Promise<void> {
    // What a test answers in place of a server may just be under way, and would fail without anybody to hear it.
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.context.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
