// How long joining takes, in real Chromium against the real product on this machine:
//   npm run bench -- join [--joins 20] [--json]
// - warm: the pre-join page is loaded; click on "Join" → first remote picture decoded
// - cold: the link is opened in a new browser context → first remote picture decoded (name typed and Join pressed at once)
// - page: requests and bytes on the wire until the pre-join page is ready, and hosts other than our own (must be none)
import { parseArgs } from 'node:util';
import { launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser } from 'playwright-core';

const { values } = parseArgs({
  options: { joins: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } },
});
const joins = Number(values.joins);

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
const summary = (samples: readonly number[]): { p50: number; p95: number; n: number } => {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    p50: Math.round(quantile(sorted, 0.5)),
    p95: Math.round(quantile(sorted, 0.95)),
    n: sorted.length,
  };
};

/** Resolves in the page at the first decoded remote frame, with the page's own clock. */
const firstFrameAt = (person: Person): Promise<number> =>
  person.page.evaluate(async () => {
    for (;;) {
      for (const connection of window.__peerConnections ?? []) {
        const report = await connection.getStats();
        let decoded = 0;
        report.forEach((entry: { type: string; kind?: string; framesDecoded?: number }) => {
          if (entry.type === 'inbound-rtp' && entry.kind === 'video') decoded += entry.framesDecoded ?? 0;
        });
        if (decoded > 0) return performance.timeOrigin + performance.now();
      }
      await new Promise((wake) => setTimeout(wake, 5));
    }
  });

/** Presses Join inside the page, so that the time of the click is the page's and no test tool stands between. */
const pressJoin = (person: Person): Promise<number> =>
  person.button('Join').evaluate((element: HTMLElement) => {
    const atMs = performance.timeOrigin + performance.now();
    element.click();
    return atMs;
  });

const warmJoin = async (browser: Browser, joinUrl: string): Promise<number> => {
  await using person = await Person.create(browser, { name: 'Warm' });
  await person.openPreJoin(joinUrl);
  await person.page.waitForLoadState('networkidle');
  const clickedMs = await pressJoin(person);
  return (await firstFrameAt(person)) - clickedMs;
};

interface ColdJoin {
  readonly tookMs: number;
  readonly requests: number;
  readonly bytes: number;
  readonly outside: readonly string[];
}

const coldJoin = async (browser: Browser, joinUrl: string): Promise<ColdJoin> => {
  await using person = await Person.create(browser, { name: 'Cold' });
  const session = await person.context.newCDPSession(person.page);
  await session.send('Network.enable');
  let requests = 0;
  let bytes = 0;
  const hosts = new Set<string>();
  session.on('Network.requestWillBeSent', (event) => {
    const url = new URL(event.request.url);
    if (!url.protocol.startsWith('http')) return;
    requests += 1;
    hosts.add(url.hostname);
  });
  session.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
  const openedMs = Date.now();
  await person.openPreJoin(joinUrl);
  const page = { requests, bytes };
  await pressJoin(person);
  const tookMs = (await firstFrameAt(person)) - openedMs;
  hosts.delete(new URL(joinUrl).hostname);
  return { tookMs, requests: page.requests, bytes: Math.max(page.bytes, bytes), outside: [...hosts] };
};

await using product = await Product.start();
const browser = await launchBrowser();
const guestBrowser = await launchBrowser();
try {
  const owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  const meeting = await owner.createMeeting({ topic: 'Benchmark' });
  await using sender = await Person.create(browser, { name: 'Sender' });
  await sender.join(meeting.joinUrl);
  await warmJoin(guestBrowser, meeting.joinUrl);

  const warm: number[] = [];
  const cold: ColdJoin[] = [];
  for (let run = 0; run < joins; run += 1) {
    warm.push(await warmJoin(guestBrowser, meeting.joinUrl));
    if (run % 2 === 0) cold.push(await coldJoin(guestBrowser, meeting.joinUrl));
  }
  const result = {
    clickToFirstFrameMs: summary(warm),
    linkToFirstFrameMs: summary(cold.map((one) => one.tookMs)),
    page: {
      requests: Math.max(...cold.map((one) => one.requests)),
      bytes: Math.max(...cold.map((one) => one.bytes)),
      outside: [...new Set(cold.flatMap((one) => one.outside))],
    },
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    const row = (what: string, got: { p50: number; p95: number; n: number }, goal: string): string =>
      `${what.padEnd(36)} p50 ${String(got.p50).padStart(5)} ms   p95 ${String(got.p95).padStart(5)} ms   n ${got.n}   goal ${goal}`;
    console.log(
      row('click on Join → first remote frame', result.clickToFirstFrameMs, 'p50 ≤ 400, p95 ≤ 800'),
    );
    console.log(row('cold link → first remote frame', result.linkToFirstFrameMs, 'p50 ≤ 1200'));
    console.log(
      `page on the wire: ${result.page.requests} requests, ${Math.round(result.page.bytes / 1000)} kB (goal ≤ 600 kB), from outside: ${result.page.outside.join(', ') || 'nothing'}`,
    );
  }
} finally {
  await guestBrowser.close();
  await browser.close();
}
