import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packLog, unpackLog } from '../../../db/log-content.ts';

test('what is packed comes back byte for byte, text or not', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }),
    fc.constant(Buffer.from('one line like all others\n'.repeat(100))),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
      const plain = Buffer.concat(pieces);
      expect(Buffer.from(await unpackLog(await packLog(plain))).equals(plain)).toBe(true);
    }),
  );
});

test('a few lines stay as they are, many become a tenth', async () => {
  const few = Buffer.from('done\n');
  expect(await packLog(few)).toEqual({ content: few, plainBytes: null });
  const many = Buffer.from(Array.from({ length: 10_000 }, (_, n) => `row ${n} has been rewritten\n`).join(''));
  const { content, plainBytes } = await packLog(many);
  expect(plainBytes).toBe(many.length);
  expect(content.length * 5).toBeLessThan(many.length);
});

test('a row that was cut short is told, not shown as a shorter log', async () => {
  const { content, plainBytes } = await packLog(Buffer.from('line\n'.repeat(1_000)));
  await expect(unpackLog({ content: content.slice(0, -4), plainBytes })).rejects.toThrow();
  await expect(unpackLog({ content, plainBytes: Number(plainBytes) + 1 })).rejects.toThrow(/of its/);
});
