import { composeCloud } from '@guildhall/cloud/compose';
import { configSchema } from '@guildhall/cloud/config';
import { openStore, type Store } from '@guildhall/cloud/store';
import { silentLogger, systemClock, type Clock, type Timer } from '@guildhall/kit';
import { ErrorEnvelope, newIdText, AccountIdSchema, UserIdSchema } from '@guildhall/protocol';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';

export const owner = { email: 'owner@example.org', password: 'three blind mice' };

/** The machine's clock, which a test may move on. */
export class MovableClock implements Clock {
  offsetMs = 0;
  readonly #intervals = new Set<{ readonly callback: () => void; readonly periodMs: number }>();
  /** Moves on, and lets everything that is done at most every `everyMs` be done once. */
  pass(byMs: number, everyMs: number): void {
    this.offsetMs += byMs;
    for (const { callback, periodMs } of this.#intervals) if (periodMs <= everyMs) callback();
  }
  now = (): number => systemClock.now() + this.offsetMs;
  monotonicMs = (): number => systemClock.monotonicMs() + this.offsetMs;
  setTimeout = (callback: () => void, delayMs: number): Timer => systemClock.setTimeout(callback, delayMs);
  setInterval = (callback: () => void, periodMs: number): Timer => {
    const entry = { callback, periodMs };
    this.#intervals.add(entry);
    const timer = systemClock.setInterval(callback, periodMs);
    const cancel = (): void => {
      this.#intervals.delete(entry);
      timer.cancel();
    };
    return { cancel, [Symbol.dispose]: cancel };
  };
  sleep = (delayMs: number, signal?: AbortSignal): Promise<void> => systemClock.sleep(delayMs, signal);
}

/** A cloud as a program runs it, on a loopback port of its own. */
export interface TestCloud extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly clock: MovableClock;
  /** A second connection to its database. */
  readonly store: Store;
  close(): Promise<void>;
}

export async function startCloud(
  options: { databaseUrl?: string; config?: Partial<z.input<typeof configSchema>> } = {},
): Promise<TestCloud> {
  const dataDir = mkdtempSync(join(tmpdir(), 'guildhall-cloud-'));
  const closers: (() => void | Promise<void>)[] = [() => rmSync(dataDir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) await next();
  };
  const { databaseUrl } = options;
  const config = configSchema.parse({
    port: 0,
    dataDir,
    ...(databaseUrl !== undefined && { databaseUrl }),
    ownerEmail: owner.email,
    ownerPassword: owner.password,
    pagesDir: join(dataDir, 'pages'),
    ...options.config,
  });
  const clock = new MovableClock();
  try {
    const cloud = await composeCloud({
      config,
      clock,
      logger: silentLogger,
      onClose: (_name, closer) => closers.push(closer),
    });
    let runs = 0;
    const store = await openStore({ databaseUrl, dataDir, newRunId: () => `run_test${++runs}` });
    closers.push(() => store.close());
    return {
      url: cloud.publicUrl,
      adminUrl: `http://127.0.0.1:${cloud.adminPort}`,
      ports: cloud.ports,
      clock,
      store,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An answer, read once. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The code of a refusal. */
  readonly code: string | undefined;
  readonly field: string | undefined;
  parse<T extends z.ZodType>(schema: T): z.output<T>;
}

/** Somebody with a cookie jar of one cookie. */
export class Person {
  readonly url: string;
  cookie: string | undefined;

  constructor(url: string) {
    this.url = url;
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.cookie !== undefined && { cookie: this.cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) this.cookie = set.split(';', 1)[0] ?? '';
    return readAnswer(response.status, response.headers, await response.text());
  }

  async signIn({ email, password }: { email: string; password: string } = owner): Promise<this> {
    const answer = await this.call('POST', '/api/v1/session', { email, password });
    if (answer.status !== 200) throw new Error(`sign-in failed: ${answer.text}`);
    return this;
  }
}

function readAnswer(status: number, headers: Headers, text: string): Answer {
  const isJson = headers.get('content-type')?.startsWith('application/json') ?? false;
  const envelope = isJson ? ErrorEnvelope.safeParse(JSON.parse(text)) : undefined;
  return {
    status,
    headers,
    text,
    code: envelope?.data?.error.code,
    field: envelope?.data?.error.field,
    parse: (schema) => schema.parse(JSON.parse(text)),
  };
}

/** The text of an answer without what differs each time. */
export const stable = ({ text }: Answer): string => text.replace(/"requestId":"[^"]+"/u, '');

export const signedIn = (cloud: TestCloud, who = owner): Promise<Person> => new Person(cloud.url).signIn(who);

let people = 0;
/** Adds somebody through the API and signs them in. */
export async function addPerson(
  by: Person,
  role: 'owner' | 'admin' | 'member' = 'member',
): Promise<Person & { readonly email: string; readonly password: string }> {
  const facts = { email: `person${++people}@example.org`, password: 'purple elephants fly' };
  const answer = await by.call('POST', '/api/v1/users', { ...facts, role, name: `Person ${people}` });
  if (answer.status !== 201) throw new Error(answer.text);
  return Object.assign(await new Person(by.url).signIn(facts), facts);
}

/** Of `green bicycles sing`. */
const foreignPasswordHash =
  '$argon2id$v=19$m=19456,t=2,p=1$Sv3YHBiGx7OLXHo/036IQQ$atCKs0ow902mjbIr2C5JnKQJBwEAVfkJ/+DS/5cWF7s';

/** Another account in the same installation, with a member who is signed in. */
export async function addForeignPerson(cloud: TestCloud): Promise<Person> {
  const { store } = cloud;
  const accountId = AccountIdSchema.parse(newIdText('account', randomBytes));
  const authority = { certPem: 'none', keyPem: 'none' };
  await store.accounts.insert({ id: accountId, name: 'Other', authority, createdAtMs: 1 });
  const facts = { email: `foreign${++people}@example.net`, password: 'green bicycles sing' };
  await store.users.insert({
    id: UserIdSchema.parse(newIdText('user', randomBytes)),
    accountId,
    email: facts.email,
    name: 'Foreigner',
    role: 'owner',
    passwordHash: foreignPasswordHash,
    createdAtMs: 1,
  });
  return new Person(cloud.url).signIn(facts);
}
