import { Button, type ButtonProps } from '@mantine/core';
import { useTimeout } from '@mantine/hooks';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useUiText } from '../i18n/use-ui-text.ts';
import { copyText } from './copy.ts';
import { IconButton } from './icon-button.tsx';

const SAID_FOR_MS = 2000;

export interface CopyButtonProps extends Omit<ButtonProps, 'children' | 'leftSection'> {
  readonly value: string;
  /** What is copied, e.g. "Copy invitation". */
  readonly label?: string;
  /** Only the icon, with the label as its name. */
  readonly iconOnly?: boolean;
}

/** Copies `value` and says so, also to screen readers. */
export function CopyButton({ value, label, iconOnly = false, ...rest }: CopyButtonProps) {
  const t = useUiText();
  const [copied, setCopied] = useState(false);
  const { start } = useTimeout(() => setCopied(false), SAID_FOR_MS);
  const words = label ?? t('copy');
  const copy = async (): Promise<void> => {
    setCopied(await copyText(value));
    start();
  };
  return (
    <>
      {iconOnly ? (
        <IconButton
          icon={copied ? Check : Copy}
          label={copied ? t('copied') : words}
          onClick={() => void copy()}
        />
      ) : (
        <Button
          variant="default"
          leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
          onClick={() => void copy()}
          {...rest}
        >
          {copied ? t('copied') : words}
        </Button>
      )}
      <output className="gh-visually-hidden">{copied ? t('copied') : ''}</output>
    </>
  );
}
