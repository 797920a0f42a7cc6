/**
 * The mark: a gable over three round arches. One shape in `currentColor`, holes by even-odd fill, edges on
 * whole pixels of a 16 grid so that it stays crisp at 16 px. With `title` it is an image, without it decoration.
 */
export function LogoMark({ size = 24, title }: { readonly size?: number; readonly title?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="currentColor"
      fillRule="evenodd"
      role={title ? 'img' : undefined}
      aria-label={title}
      aria-hidden={title ? undefined : true}
      focusable="false"
    >
      <path d="M8 .4 16 5v1.6H0V5zM0 8h16v8H0zM1.75 16v-4.5a1.5 1.5 0 0 1 3 0V16zM6.5 16v-4.5a1.5 1.5 0 0 1 3 0V16zM11.25 16v-4.5a1.5 1.5 0 0 1 3 0V16z" />
    </svg>
  );
}
