import type { ConsoleMe } from '@guildhall/protocol';
import { Gauge, Users, ScrollText, ShieldCheck, type LucideIcon } from 'lucide-react';
import { lazy, type ComponentType } from 'react';
import type { useText } from '../words/words.ts';

export interface PageProps {
  readonly me: ConsoleMe;
}

type NavKey = Parameters<ReturnType<typeof useText<'nav'>>>[0];

export interface PageEntry {
  /** Below `/console`. */
  readonly path: string;
  readonly label: NavKey;
  readonly icon: LucideIcon;
  /** Heading of the rail under which it stands. */
  readonly group: 'server' | 'access' | 'care';
  readonly Page: ComponentType<PageProps>;
}

/** Every page of the console, in the order of the rail. A page is in the rail and has an address by standing here. */
export const pages: readonly PageEntry[] = [
  {
    path: '/',
    label: 'status',
    icon: Gauge,
    group: 'server',
    Page: lazy(async () => ({ default: (await import('../pages/status.tsx')).StatusPage })),
  },
  {
    path: '/users',
    label: 'users',
    icon: Users,
    group: 'access',
    Page: lazy(async () => ({ default: (await import('../pages/users/users.tsx')).UsersPage })),
  },
  {
    path: '/logs',
    label: 'logs',
    icon: ScrollText,
    group: 'care',
    Page: lazy(async () => ({ default: (await import('../pages/logs/logs.tsx')).LogsPage })),
  },
  {
    path: '/certificates',
    label: 'certificates',
    icon: ShieldCheck,
    group: 'access',
    Page: lazy(async () => ({
      default: (await import('../pages/certificates/certificates.tsx')).CertificatesPage,
    })),
  },
];
