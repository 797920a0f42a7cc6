/** Path of the meeting page. The passcode travels in the fragment, which browsers never send to a server. */
export function joinPath(meeting: { readonly number: string; readonly passcode: string | null }): string {
  const fragment = meeting.passcode === null ? '' : `#pwd=${encodeURIComponent(meeting.passcode)}`;
  return `/j/${meeting.number}${fragment}`;
}

/** `123 456 7890`, as people read numbers to each other. */
export function spacedNumber(number: string): string {
  const groups = [number.slice(0, 3), number.slice(3, 6), number.slice(6)];
  return groups.filter((group) => group !== '').join(' ');
}

/**
 * What somebody typed or pasted to join: a meeting number with any spaces or dashes, or a join link of any host.
 * Undefined when it is neither.
 */
export function parseJoinInput(text: string): { number: string; passcode: string | null } | undefined {
  const trimmed = text.trim();
  const link = /\/j\/(?<number>\d{9,11})\/?(?:\?[^#]*)?(?:#(?<fragment>.*))?$/u.exec(trimmed);
  if (link?.groups?.['number']) {
    const fragment = new URLSearchParams(link.groups['fragment'] ?? '');
    return { number: link.groups['number'], passcode: fragment.get('pwd') };
  }
  const digits = trimmed.replaceAll(/[\s\-–.]/gu, '');
  return /^\d{9,11}$/u.test(digits) ? { number: digits, passcode: null } : undefined;
}
