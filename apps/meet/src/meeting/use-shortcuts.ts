import { readChoice, writeChoice } from '@guildhall/ui';
import { useEffect, useRef, useState } from 'react';
import { useMeetingContext } from './context.ts';
import { useActions, useRights } from './use-actions.ts';

const KEY = 'guildhall.meet.shortcuts';

/** Whether single keys act; some people speak to their machine and need them off (WCAG 2.1.4). */
export const useShortcutsOn = (): [boolean, (on: boolean) => void] => {
  const [on, setOn] = useState(() => readChoice(KEY) !== 'no');
  return [
    on,
    (next) => {
      writeChoice(KEY, next ? 'yes' : 'no');
      setOn(next);
    },
  ];
};

const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/u.test(target.tagName));

const isInOverlay = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('[role="dialog"],[role="menu"]') !== null;

/** Space belongs to a button reached by keyboard; after a mouse click the ring is not there and Space is free. */
const usesSpace = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target !== document.body && target.matches(':focus-visible');

/** M, V, S, C, P, H, ?, and Space held to talk. */
export const useShortcuts = (enabled: boolean): void => {
  const actions = useActions();
  const { devices, setDialog } = useMeetingContext();
  const { mayShare } = useRights();
  // Outlives a render: the microphone must go off again whatever happens while the key is held.
  const talking = useRef(false);

  useEffect(() => {
    if (!enabled) return undefined;
    const acts: Readonly<Record<string, () => void>> = {
      m: actions.toggleMic,
      v: actions.toggleCamera,
      s: () => mayShare && actions.toggleShare(),
      c: () => actions.togglePanel('chat'),
      p: () => actions.togglePanel('participants'),
      h: actions.toggleHand,
      '?': () => setDialog('keys'),
    };
    const down = (event: KeyboardEvent): void => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        takesText(event.target) ||
        isInOverlay(event.target)
      )
        return;
      if (event.key === ' ') {
        if (usesSpace(event.target)) return;
        event.preventDefault();
        if (event.repeat || devices.store.getSnapshot().mic.on) return;
        talking.current = true;
        devices.setOn('mic', true);
        return;
      }
      const act = event.repeat ? undefined : acts[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    };
    const stopTalking = (): void => {
      if (!talking.current) return;
      talking.current = false;
      devices.setOn('mic', false);
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key !== ' ' || !talking.current) return;
      event.preventDefault();
      stopTalking();
    };
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', stopTalking);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', stopTalking);
    };
  }, [enabled, actions, devices, setDialog, mayShare]);
};
