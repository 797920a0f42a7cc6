/**
 * The service worker of the portal's origin: shows the meeting page when the portal cannot be reached.
 *
 * What is current always comes from the network: a page is taken from here only when the network gives none, and then the
 * API it would talk to is away too, so an old page never meets a new API. Files whose name holds a digest of their content
 * are the only ones answered from here first. Built by Vite, which puts in the list; no imports, so that it is one file.
 */

declare const __GUILDHALL_ASSETS__: readonly string[];
declare const __GUILDHALL_BUILD__: string;

interface LaterEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface PageEvent extends LaterEvent {
  readonly request: Request;
  readonly preloadResponse: Promise<Response | undefined>;
  respondWith(answer: Promise<Response>): void;
}
/** What of a worker's global is used here; the library for workers cannot be loaded beside the one for pages. */
declare const self: {
  readonly location: Location;
  readonly registration: { readonly navigationPreload?: { enable(): Promise<void> } };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: LaterEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: PageEvent) => void): void;
};

const family = 'guildhall-meet-';
const cacheName = family + __GUILDHALL_BUILD__;
/** Every number gets the same page, also one that cannot be. */
const shellPath = '/j/0';
/** Longer, and people close the tab; shorter, and a slow line would be taken for an outage. */
const networkMs = 4_000;
/** What a proxy says when nobody stands behind it. */
const awayStatus = new Set([502, 503, 504]);
/** Not pages of people. */
const notPages = ['/api/', '/control', '/gateway', '/portal/', '/meet/'];

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (!notPages.some((prefix) => url.pathname.startsWith(prefix))) event.respondWith(page(event));
  } else if (url.pathname.startsWith('/meet/assets/')) event.respondWith(asset(request));
});

async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll([...__GUILDHALL_ASSETS__]);
  const shell = await fetch(shellPath, { cache: 'no-store', credentials: 'omit' });
  const html = await shell.clone().text();
  const needed = html.match(/\/meet\/assets\/[^"']+/gu) ?? [];
  // The portal was updated between two requests: the next look for an update finds both halves of one version.
  if (!shell.ok || needed.length === 0 || needed.some((path) => !__GUILDHALL_ASSETS__.includes(path))) {
    throw new Error('the page and its files are of two versions');
  }
  await cache.put(shellPath, shell);
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  await self.registration.navigationPreload?.enable();
  for (const name of await caches.keys()) {
    if (name.startsWith(family) && name !== cacheName) await caches.delete(name);
  }
}

async function asset(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

async function page(event: PageEvent): Promise<Response> {
  const answer = await Promise.race([fromNetwork(event), after(networkMs)]);
  if (answer && !awayStatus.has(answer.status)) return answer;
  const cache = await caches.open(cacheName);
  return (await cache.match(shellPath)) ?? answer ?? Response.error();
}

async function fromNetwork(event: PageEvent): Promise<Response | undefined> {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return undefined;
  }
}

const after = (delayMs: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), delayMs);
  });

export {};
