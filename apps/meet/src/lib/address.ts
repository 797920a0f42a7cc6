/** What the address of the page says: `/j/{number}#pwd={passcode}`. */
export interface MeetingAddress {
  /** False for another page of the portal, in whose place this one stands while the portal cannot be reached. */
  readonly isMeeting: boolean;
  /** 9 to 11 digits; null when the address has none. */
  readonly number: string | null;
  /** From the fragment, which never reached a server; null when there is none. */
  readonly passcode: string | null;
}

export const readAddress = (location: {
  readonly pathname: string;
  readonly hash: string;
}): MeetingAddress => {
  const number = /^\/j\/(\d{9,11})\/?$/u.exec(location.pathname)?.[1] ?? null;
  const passcode = new URLSearchParams(location.hash.replace(/^#/u, '')).get('pwd');
  const isMeeting = location.pathname.startsWith('/j/');
  return { isMeeting, number, passcode: passcode === '' ? null : passcode };
};

/** `123 456 7890`, as people read numbers to each other. */
export const spacedNumber = (number: string): string =>
  [number.slice(0, 3), number.slice(3, 6), number.slice(6)].filter((group) => group !== '').join(' ');
