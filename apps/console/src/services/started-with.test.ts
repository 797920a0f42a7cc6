import { expect, test } from 'vitest';
import { StartedWith } from './started-with.ts';

test('only the service whose environment changed is to be started anew', () => {
  let proxy = 'http://a:1';
  const started = new StartedWith((name) => (name === 'zctrl' ? { PROXY: proxy } : {}));
  expect(started.isOutdated('mmr')).toBe(true);
  expect(started.take('zctrl')).toEqual({ PROXY: 'http://a:1' });
  started.take('mmr');
  expect([started.isOutdated('zctrl'), started.isOutdated('mmr')]).toEqual([false, false]);
  proxy = 'http://b:1';
  expect([started.isOutdated('zctrl'), started.isOutdated('mmr')]).toEqual([true, false]);
});
