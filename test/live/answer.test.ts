import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { answerRequests } from '../../server/live/answer.ts';

test('three hundred requests in one instant are answered over many turns of the loop, every one of them', async () => {
  const begun: number[] = [];
  let turn = 0;
  let over = false;
  const count = () => {
    turn += 1;
    if (!over) setImmediate(count);
  };
  const http = createServer();
  answerRequests(http, () => {
    begun.push(turn);
    return new Response('here');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  count();
  const answers = await Promise.all(Array.from({ length: 300 }, () => fetch(origin).then((answer) => answer.text())));
  over = true;
  http.close();
  http.closeAllConnections();
  expect(answers).toEqual(Array(300).fill('here'));
  const each = Map.groupBy(begun, (at) => at);
  expect(Math.max(...[...each.values()].map(({ length }) => length))).toBeLessThanOrEqual(8);
});
