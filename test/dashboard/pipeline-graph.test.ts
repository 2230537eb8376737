import { describe, expect, test } from 'vitest';
import { graphPicture } from '../../dashboard/console/pipeline/graph-layout.ts';
import type { Box, GraphEdge } from '../../dashboard/console/pipeline/graph-layout.ts';

const gaps = { column: 40, row: 10 };
const box = (id: string, height = 50) => ({ id, width: 100, height });
const edge = (text: string): GraphEdge => {
  const [from = '', to = ''] = text.split('>');
  return { from, to };
};
const draw = (ids: string, ...edges: string[]) =>
  graphPicture(
    [...ids].map((id) => box(id)),
    edges.map(edge),
    gaps,
  );
const at = (picture: ReturnType<typeof draw>, id: string) => picture.boxes.get(id) as Box;

describe('the picture of a pipeline', () => {
  test('a line of three stands from left to right on one height', () => {
    const picture = draw('abc', 'a>b', 'b>c');
    expect([...'abc'].map((id) => at(picture, id))).toEqual([
      { x: 0, y: 0, width: 100, height: 50 },
      { x: 140, y: 0, width: 100, height: 50 },
      { x: 280, y: 0, width: 100, height: 50 },
    ]);
    expect(picture).toMatchObject({ width: 380, height: 50 });
    expect(picture.edges.map(({ d }) => d)).toEqual(['M100 25 C120 25 120 25 140 25', 'M240 25 C260 25 260 25 280 25']);
  });

  test('a branch stands below the other, both in the column behind what they come from', () => {
    const picture = draw('abc', 'a>b', 'a>c');
    expect(at(picture, 'b').x).toBe(at(picture, 'c').x);
    expect(at(picture, 'c').y).toBe(at(picture, 'b').y + 60);
    expect(at(picture, 'a').y).toBe(30);
  });

  test('where two ways meet, the box stands behind the longer one', () => {
    expect(at(draw('abcd', 'a>b', 'b>c', 'c>d', 'a>d'), 'd').x).toBe(420);
  });

  test('a line over several columns runs through no box between', () => {
    const picture = draw('abc', 'a>b', 'b>c', 'a>c');
    const line = picture.edges.find(({ from, to }) => from === 'a' && to === 'c');
    const between = at(picture, 'b');
    const heights = [...(line?.d.matchAll(/ 140 (\d+)/g) ?? [])].map(([, y]) => Number(y));
    expect(heights.length).toBeGreaterThan(0);
    for (const y of heights) expect(y < between.y || y > between.y + between.height).toBe(true);
  });

  test('no two boxes of any column overlap', () => {
    const picture = draw('abcdefg', 'a>b', 'a>c', 'a>d', 'b>e', 'c>e', 'd>f', 'a>g');
    const boxes = [...picture.boxes.values()];
    for (const one of boxes) {
      for (const other of boxes) {
        if (one === other || one.x !== other.x) continue;
        expect(one.y + one.height <= other.y || other.y + other.height <= one.y).toBe(true);
      }
    }
  });

  test('what closes a cycle is drawn as a way back and moves nothing', () => {
    const picture = draw('abc', 'a>b', 'b>c', 'c>a', 'b>b');
    expect(picture.edges.map(({ back }) => back)).toEqual([false, false, true, true]);
    expect(at(picture, 'c').x).toBe(280);
  });

  test('what no stage touches stands at the left, and nothing at all is a picture of no size', () => {
    expect(at(draw('abx', 'a>b'), 'x').x).toBe(0);
    expect(draw('')).toEqual({ width: 0, height: 0, boxes: new Map(), edges: [] });
  });
});
