import { createSocket } from 'node:dgram';
import { FakeClock } from '@guildhall/kit';
import { networkForm } from '@guildhall/testkit/network-form';
import { describe, expect, test } from 'vitest';
import { createConsole, firstPassword } from '../testing.ts';
import { askNameServer, dnsAnswerWithinMs, silentNameServers } from './name-servers.ts';

const form = { ...networkForm, dns: ['10.20.0.2', '10.20.0.3'] };

/** Answers every question with the given code (RFC 1035 §4.1.1), or not at all. */
async function nameServer(code: number | undefined) {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    if (code === undefined) return;
    const answer = Buffer.from(question);
    answer.writeUInt16BE(0x80_80 | code, 2);
    answer.writeUInt16BE(0, 10);
    // Without the additional record (EDNS) of the question.
    let end = 12;
    while ((answer[end] ?? 0) !== 0) end += 1 + (answer[end] ?? 0);
    socket.send(answer.subarray(0, end + 5), port, address);
  });
  await new Promise<void>((listening) => socket.bind(0, '127.0.0.1', listening));
  return { address: `127.0.0.1:${socket.address().port}`, [Symbol.dispose]: () => socket.close() };
}

describe('a DNS server', () => {
  test.each([
    ['that refuses (5) is there', 5, true],
    ['that knows no such name (3) is there', 3, true],
    ['that says nothing is not', undefined, false],
  ])('%s', async (_name, code, isThere) => {
    using server = await nameServer(code);
    expect(await askNameServer(server.address).isAnswered).toBe(isThere);
  });

  test('that nobody runs is not there', async () => {
    const { address, [Symbol.dispose]: stop } = await nameServer(5);
    stop();
    expect(await askNameServer(address).isAnswered).toBe(false);
  });
});

test('a question without an end is ended by our own time-out, and those that answered are not named', async () => {
  const clock = new FakeClock();
  const cancelled: string[] = [];
  const silent = silentNameServers(['10.0.0.1', '10.0.0.2'], {
    clock,
    ask: (address) => ({
      isAnswered: address === '10.0.0.1' ? Promise.resolve(true) : new Promise<boolean>(() => {}),
      cancel: () => void cancelled.push(address),
    }),
  });
  await clock.advance(dnsAnswerWithinMs);
  expect(await silent).toEqual(['10.0.0.2']);
  expect(cancelled).toEqual(['10.0.0.1', '10.0.0.2']);
});

test('the plan warns of the servers that do not answer, and is there all the same', async () => {
  const made = await createConsole({
    initialPassword: firstPassword,
    initialPasswordFinal: true,
    askNameServer: (address) => ({ isAnswered: Promise.resolve(address === '10.20.0.2'), cancel() {} }),
  });
  await made.signIn(firstPassword);
  const answer = await made.call('POST', '/network/plan', { form });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ silentDns: ['10.20.0.3'], steps: expect.any(Array) });
});
