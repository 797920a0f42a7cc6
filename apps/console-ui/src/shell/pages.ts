import type { ConsoleMe } from '@guildhall/protocol';
import {
  Gauge,
  Network as NetworkIcon,
  PlugZap,
  Users,
  ScrollText,
  ShieldCheck,
  Stethoscope,
  LifeBuoy,
  PackageCheck,
  type LucideIcon,
} from 'lucide-react';
import { lazy, type ComponentType } from 'react';
import type { useText } from '../words/words.ts';

/** Where the console's pages are served; the router's paths are below it. */
export const BASE_PATH = '/console';

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
  readonly group: 'network' | 'server' | 'access' | 'care';
  readonly Page: ComponentType<PageProps>;
}

/** Every page of the console, in the order of the rail. A page is in the rail and has an address by standing here. */
export const pages: readonly PageEntry[] = [
  {
    path: '/',
    label: 'status',
    icon: Gauge,
    group: 'network',
    Page: lazy(async () => ({ default: (await import('../pages/status.tsx')).StatusPage })),
  },
  {
    path: '/network/address',
    label: 'address',
    icon: NetworkIcon,
    group: 'network',
    Page: lazy(async () => ({ default: (await import('../pages/network/address.tsx')).AddressPage })),
  },
  {
    path: '/configure',
    label: 'configure',
    icon: PlugZap,
    group: 'server',
    Page: lazy(async () => ({ default: (await import('../pages/configure/configure.tsx')).ConfigurePage })),
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
  {
    path: '/self-test',
    label: 'selfTest',
    icon: Stethoscope,
    group: 'care',
    Page: lazy(async () => ({ default: (await import('../pages/self-test/self-test.tsx')).SelfTestPage })),
  },
  {
    path: '/support',
    label: 'support',
    icon: LifeBuoy,
    group: 'care',
    Page: lazy(async () => ({ default: (await import('../pages/support/support.tsx')).SupportPage })),
  },
  {
    path: '/updates',
    label: 'updates',
    icon: PackageCheck,
    group: 'care',
    Page: lazy(async () => ({ default: (await import('../pages/updates/updates.tsx')).UpdatesPage })),
  },
];
