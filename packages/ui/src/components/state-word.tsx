import {
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleStop,
  CircleX,
  Clock,
  LoaderCircle,
  PlugZap,
  Radio,
  type LucideIcon,
} from 'lucide-react';
import { useUiText } from '../i18n/use-ui-text.ts';
import classes from './states.module.css';

type Tone = 'good' | 'amber' | 'bad' | 'calm';

const LOOK = {
  running: { tone: 'good', icon: CircleCheck },
  live: { tone: 'good', icon: Radio },
  starting: { tone: 'amber', icon: LoaderCircle },
  waiting: { tone: 'amber', icon: Clock },
  draining: { tone: 'amber', icon: CircleDashed },
  stopping: { tone: 'amber', icon: LoaderCircle },
  stopped: { tone: 'calm', icon: CircleStop },
  ended: { tone: 'calm', icon: CircleCheck },
  failing: { tone: 'bad', icon: CircleX },
  unreachable: { tone: 'bad', icon: PlugZap },
  unknown: { tone: 'calm', icon: CircleHelp },
} as const satisfies Record<string, { readonly tone: Tone; readonly icon: LucideIcon }>;

/** Every state a thing of ours can be shown in. */
export type StateName = keyof typeof LOOK;

/** A state as icon, word and colour, never colour alone. `children` replaces the word, not the meaning. */
export function StateWord({ state, children }: { readonly state: StateName; readonly children?: string }) {
  const t = useUiText();
  const { tone, icon: Icon } = LOOK[state];
  return (
    <span className={classes.word} data-tone={tone} data-state={state}>
      <Icon size={16} aria-hidden className={Icon === LoaderCircle ? classes.turning : undefined} />
      {children ?? t(`state.${state}`)}
    </span>
  );
}
