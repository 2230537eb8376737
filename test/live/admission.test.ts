import { describe, expect, test } from 'vitest';
import { openAdmission } from '../../server/live/admission.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('who comes at once', () => {
  test('begins a few at a turn, in order, and others have their turn between', async () => {
    const admission = openAdmission(3);
    const begun: (number | string)[] = [];
    for (let nth = 1; nth <= 7; nth += 1) admission.enter(() => begun.push(nth));
    expect(begun).toEqual([]);
    for (let turns = 1; turns <= 3; turns += 1) {
      await turn();
      begun.push('others');
    }
    expect(begun).toEqual([1, 2, 3, 'others', 4, 5, 6, 'others', 7, 'others']);
  });

  test('who comes later is let in as well', async () => {
    const admission = openAdmission(1);
    const begun: number[] = [];
    admission.enter(() => begun.push(1));
    await turn();
    admission.enter(() => begun.push(2));
    await turn();
    expect(begun).toEqual([1, 2]);
  });
});
