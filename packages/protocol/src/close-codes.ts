/** WebSocket close codes with which the servers end a link, and what a client must do about each. */
export const closeCodes = {
  4401: { name: 'hello-required', retry: false },
  4403: { name: 'removed', retry: false },
  4408: { name: 'hello-timeout', retry: true },
  4409: { name: 'replaced', retry: false },
  4410: { name: 'meeting-ended', retry: false },
  4411: { name: 'left', retry: false },
  4413: { name: 'too-many-errors', retry: false },
  4503: { name: 'router-stopping', retry: true },
} as const;
