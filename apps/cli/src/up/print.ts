import type { RunningProcess } from '../status.ts';

export interface Ready {
  readonly portal: string;
  /** That of the first VM. */
  readonly console: string;
  /** Those of all VMs, when there is more than one. */
  readonly consoles?: readonly string[];
  /** Passwords are empty when people changed them since: only they know them then. */
  readonly owner: { readonly email: string; readonly password: string };
  readonly consoleUser: { readonly username: string; readonly password: string };
  readonly joinUrl: string;
  readonly authority: string | null;
  readonly processes: readonly Pick<RunningProcess, 'role' | 'pid' | 'ports' | 'vm'>[];
}

const signInAs = (name: string, password: string): string =>
  `            sign in as ${name} with ${password === '' ? 'the password chosen since the first start' : `password ${password}`}`;

/** The lines a newcomer reads when everything runs. */
export const readyLines = (ready: Ready): string[] => [
  '',
  '  Guildhall is ready.',
  '',
  `  Portal    ${ready.portal}`,
  signInAs(ready.owner.email, ready.owner.password),
  `  Meeting   ${ready.joinUrl}`,
  '            open it in two browsers, or hand it out',
  `  Console   ${ready.console}`,
  signInAs(ready.consoleUser.username, ready.consoleUser.password),
  ...(ready.consoles ?? []).slice(1).map((url, index) => `            of VM ${index + 2} ${url}`),
  ...(ready.authority === null
    ? []
    : [
        `  Trust     ${ready.authority}`,
        '            is the authority that other devices must trust before they open these addresses',
      ]),
  '',
  '  Ctrl-C stops everything. What you made is kept for the next start.',
  '',
];
