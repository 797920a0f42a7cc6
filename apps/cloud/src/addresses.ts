import { isLoopback } from '@guildhall/kit';

/** How this installation is reached by browsers. Complete once the server listens. */
export interface Addresses {
  /** Without a slash at the end. */
  publicUrl(): string;
  /** Origins of our own pages. */
  origins(): readonly string[];
  isOwnOrigin(origin: string): boolean;
  /** @param port the one that people use */
  listening(port: number): void;
}

/** On loopback a person may type `localhost` or the number; both are this server. */
export function createAddresses(options: {
  readonly publicUrl: string | undefined;
  readonly host: string;
  readonly isSecure: boolean;
}): Addresses {
  const scheme = options.isSecure ? 'https' : 'http';
  const given = options.publicUrl?.replace(/\/+$/u, '');
  let publicUrl = given ?? `${scheme}://localhost`;
  let origins = new Set([new URL(publicUrl).origin]);
  return {
    publicUrl: () => publicUrl,
    origins: () => [...origins],
    isOwnOrigin: (origin) => origins.has(origin),
    listening(port) {
      const local = [`${scheme}://localhost:${port}`, `${scheme}://127.0.0.1:${port}`];
      publicUrl = given ?? `${scheme}://localhost:${port}`;
      const own = isLoopback(options.host) || options.isSecure ? local : [];
      origins = new Set([publicUrl, ...own].map((url) => new URL(url).origin));
    },
  };
}
