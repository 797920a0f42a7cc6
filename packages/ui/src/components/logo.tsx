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
      <path d="M8 .6 16 5.4V7H0V5.4L8 .6ZM0 8h16v8h-1V12a2 2 0 0 0-4 0v4h-1V12a2 2 0 0 0-4 0v4H5V12a2 2 0 0 0-4 0v4H0V8Z" />
    </svg>
  );
}
