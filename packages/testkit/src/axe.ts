import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

let source: Promise<string> | undefined;

/** What axe finds wrong in a page as it is now, one line for each rule that is broken; empty when nothing is. */
export async function axeViolations(page: Page): Promise<string[]> {
  // Without motion nothing is caught half faded in, which axe would take for poor contrast.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.mouse.move(0, 0);
  source ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(await source);
  const { violations } = await page.evaluate((): Promise<AxeResults> =>
    Reflect.apply(Reflect.get(Reflect.get(window, 'axe'), 'run'), undefined, []),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160) ?? ''} (${nodes.length})`);
}
