import { hueOf, initialsOf } from '../lib/faces.ts';
import classes from './face.module.css';

/** Initials on a colour that stays with the person, in place of a picture. */
export const Face = ({
  id,
  name,
  size,
}: {
  readonly id: string;
  readonly name: string;
  /** Small in lists, large on a tile. */
  readonly size: 'small' | 'large';
}) => (
  <span className={classes.face} data-hue={hueOf(id)} data-size={size} aria-hidden>
    {initialsOf(name)}
  </span>
);
