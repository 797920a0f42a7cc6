/** Remembers which methods a path answers, so that a wrong one gets 405 and not 404 (RFC 9110 §15.5.6). */
export class RouteBook {
  readonly #routes: { parts: readonly string[]; methods: readonly string[] }[] = [];

  /** Wildcards are left out: a catch-all for pages would make every unknown address a 405. */
  add(methods: string | readonly string[], pattern: string): void {
    if (pattern.includes('*')) return;
    this.#routes.push({
      parts: pattern.split('/'),
      methods: typeof methods === 'string' ? [methods] : methods,
    });
  }

  methodsAt(path: string): string[] {
    const given = path.split('/');
    const found = this.#routes.filter(({ parts }) => isMatch(parts, given));
    return [...new Set(found.flatMap(({ methods }) => methods))].toSorted();
  }
}

function isMatch(parts: readonly string[], given: readonly string[]): boolean {
  if (parts.length !== given.length) return false;
  return parts.every((part, index) => (part.includes(':') ? given[index] !== '' : part === given[index]));
}
