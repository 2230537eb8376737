import { describe, expect, test } from 'vitest';
import { openAdmission } from '../../server/live/admission.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('who comes at once', () => {
  test('begins a few at a turn, in order, and others have their turn between', async () => {
    const admission = openAdmission(3);
    const begun: (number | string)[] = [];
    for (let nth = 1; nth <= 7; nth += 1) admission.enter(() => begun.push(nth));
    begun.push('others');
    for (let turns = 1; turns <= 2; turns += 1) {
      await turn();
      begun.push('others');
    }
    expect(begun).toEqual([1, 2, 3, 'others', 4, 5, 6, 'others', 7, 'others']);
  });

  test('who comes while others wait begins after them', async () => {
    const admission = openAdmission(1);
    const begun: number[] = [];
    admission.enter(() => begun.push(1));
    admission.enter(() => begun.push(2));
    admission.enter(() => begun.push(3));
    await turn();
    admission.enter(() => begun.push(4));
    expect(begun).toEqual([1, 2]);
    for (let turns = 1; turns <= 2; turns += 1) await turn();
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  test('who comes alone waits for nobody, however often', async () => {
    const admission = openAdmission(1);
    for (let nth = 1; nth <= 3; nth += 1) {
      let begun = false;
      admission.enter(() => (begun = true));
      expect(begun).toBe(true);
      await turn();
    }
  });
});
