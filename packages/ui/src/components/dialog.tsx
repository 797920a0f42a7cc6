import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useUiText } from '../i18n/use-ui-text.ts';

/**
 * A dialog over the page: named by its title, closed by Escape, the cross, or a press outside. The library's
 * ready-made one puts a page banner (`header`) inside the dialog, and its close button has no name.
 */
export function Dialog({
  opened,
  onClose,
  title,
  size = 'md',
  children,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** Library size or CSS width. */
  readonly size?: string | number;
  readonly children: ReactNode;
}) {
  const t = useUiText();
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={size}
      classNames={{
        content: 'gh-dialog',
        header: 'gh-dialog-header',
        title: 'gh-dialog-title',
        body: 'gh-dialog-body',
      }}
    >
      <Modal.Overlay backgroundOpacity={1} color="var(--gh-scrim)" />
      <Modal.Content>
        <Modal.Header role="presentation">
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t('close')} />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
