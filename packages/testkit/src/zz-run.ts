import { Product } from './index.ts';
const product = await Product.start();
const { console: origin, consoleUser } = product.facts;
const r = await fetch(`${origin}/api/v1/session`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(consoleUser),
});
const cookie = r.headers.get('set-cookie')!.split(';')[0]!;
await fetch(`${origin}/api/v1/self-test`, { method: 'POST', headers: { cookie } });
await new Promise((f) => setTimeout(f, 2500));
console.log(
  JSON.stringify(await (await fetch(`${origin}/api/v1/self-test`, { headers: { cookie } })).json(), null, 1),
);
console.log(
  JSON.stringify(
    await (await fetch(`${origin}/api/v1/logs?source=zctrl`, { headers: { cookie } })).json(),
  ).slice(0, 400),
);
await product.stop();
