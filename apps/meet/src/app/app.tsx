import { Button } from '@mantine/core';
import { CardPage, ErrorState, useErrorSentence } from '@guildhall/ui';
import { useEffect, useState } from 'react';
import { AwayPage } from '../away/away-page.tsx';
import { rightsFor } from '../away/rights.ts';
import type { MeetingAddress } from '../lib/address.ts';
import { useWords } from '../words/words.ts';
import { isAway, useMeetingInfo } from './info.ts';
import { useKeptPass } from './kept-pass.ts';
import { Visit } from './visit.tsx';

export const App = ({ address }: { readonly address: MeetingAddress }) => {
  const t = useWords();
  useEffect(() => {
    document.title = `${t('title')} · Guildhall`;
  }, [t]);
  if (!address.isMeeting) return <AwayPage />;
  if (address.number === null) return <NoMeeting message={t('prejoin.noNumber')} />;
  return <Meeting number={address.number} address={address} />;
};

const Meeting = ({ number, address }: { readonly number: string; readonly address: MeetingAddress }) => {
  const [rights] = useState(() => rightsFor(number, Date.now()));
  const info = useMeetingInfo(number, rights.length > 0);
  useKeptPass(number, address.passcode, info);
  const sentence = useErrorSentence();
  const [visit, setVisit] = useState(0);
  if (info.kind === 'failed' && !isAway(info))
    return <NoMeeting code={info.error.code} message={sentence(info.error.code, info.error.message)} />;
  return (
    <Visit
      key={visit}
      number={number}
      address={address}
      info={info.kind === 'known' ? info.info : null}
      away={isAway(info)}
      rights={rights}
      onAgain={() => setVisit(visit + 1)}
    />
  );
};

const NoMeeting = ({ code, message }: { readonly code?: string; readonly message: string }) => {
  const t = useWords();
  return (
    <CardPage>
      <ErrorState
        code={code}
        message={message}
        action={
          <Button component="a" href="/">
            {t('prejoin.toPortal')}
          </Button>
        }
      />
    </CardPage>
  );
};
