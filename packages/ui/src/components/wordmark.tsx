import classes from './logo.module.css';
import { LogoMark } from './logo.tsx';

/** The mark with the name, for the top of a rail and of sign-in pages. */
export function Logo({ size = 24 }: { readonly size?: number }) {
  return (
    <span className={classes.word}>
      <LogoMark size={size} />
      <span>Guildhall</span>
    </span>
  );
}
