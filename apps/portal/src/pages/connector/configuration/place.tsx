import { Select } from '@mantine/core';
import { HostingPlace, type EffectiveHostingView } from '@guildhall/protocol';
import { useText } from '../../../words/words.ts';

type Place = EffectiveHostingView['place'];

/** On premises, elsewhere, or whatever the level above says. */
export function PlaceSelect(props: {
  readonly label: string;
  readonly value: Place | null;
  readonly disabled: boolean;
  readonly onChange: (place: Place | null) => void;
}) {
  const t = useText('hosting');
  return (
    <Select
      aria-label={props.label}
      w={210}
      maw="100%"
      data={[
        { value: 'inherit', label: t('inherit') },
        ...HostingPlace.options.map((place) => ({ value: place, label: t(`places.${place}`) })),
      ]}
      value={props.value ?? 'inherit'}
      disabled={props.disabled}
      allowDeselect={false}
      onChange={(next) => {
        const place = HostingPlace.safeParse(next);
        props.onChange(place.success ? place.data : null);
      }}
    />
  );
}

/** "Elsewhere: locked for the group Sales" */
export function useEffectiveWords(): (effective: EffectiveHostingView) => string {
  const t = useText('hosting');
  return ({ place, reason }) =>
    t('effective', {
      place: t(`places.${place}`),
      reason: t(`reasons.${reason.code}`, { group: 'group' in reason ? reason.group : '' }),
    });
}
