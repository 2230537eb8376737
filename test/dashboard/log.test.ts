import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineText } from '../../dashboard/console/log/log-line.ts';
import { takeChunk } from '../../dashboard/console/log/log-offset.ts';
import { createLogReader, endLog, FOLD_AT, readLog } from '../../dashboard/console/log/log-reader.ts';
import { logSearch, lookOn, marked, nextHit } from '../../dashboard/console/log/log-search.ts';
import { applySgr, PLAIN } from '../../dashboard/console/log/sgr.ts';

const ESC = '\u001b';

function read(...chunks: string[]) {
  const reader = createLogReader();
  for (const chunk of chunks) readLog(reader, chunk);
  endLog(reader);
  return [...reader.lines, ...(reader.open.length > 0 ? [reader.open] : [])];
}
const texts = (...chunks: string[]) => read(...chunks).map(lineText);

describe('colours of a log', () => {
  test('a colour lasts over lines until it is reset', () => {
    const [first, second] = read(`${ESC}[31mred\nstill${ESC}[0m plain`);
    expect(first).toEqual([{ text: 'red', style: { ...PLAIN, fg: { palette: 1 } } }]);
    expect(second?.map(({ text, style }) => [text, style.fg])).toEqual([
      ['still', { palette: 1 }],
      [' plain', null],
    ]);
  });

  test.each([
    ['1;4', { bold: true, underline: true }],
    ['90', { fg: { palette: 8 } }],
    ['107', { bg: { palette: 15 } }],
    ['38;5;196', { fg: { rgb: '#ff0000' } }],
    ['38;5;244', { fg: { rgb: '#808080' } }],
    ['38;2;1;2;3;1', { fg: { rgb: '#010203' }, bold: true }],
    ['38:2::1:2:3', { fg: { rgb: '#010203' } }],
    ['48:5:9', { bg: { palette: 9 } }],
    ['38;5;300', {}],
    ['38;2;999;0;0', {}],
    ['8', {}],
    ['5', {}],
    ['999', {}],
  ])('ESC[%sm', (parameters, expected) => {
    expect(applySgr(PLAIN, parameters)).toEqual({ ...PLAIN, ...expected });
  });

  test('an empty parameter and a zero put everything back', () => {
    const loud = applySgr(PLAIN, '1;3;31;42');
    expect(applySgr(loud, '')).toEqual(PLAIN);
    expect(applySgr(loud, '0')).toEqual(PLAIN);
    expect(applySgr(loud, '22;23;39;49')).toEqual(PLAIN);
  });

  test('ten thousand parameters are read as far as anyone needs them', () => {
    expect(applySgr(PLAIN, `${'0;'.repeat(10_000)}1`)).toEqual(PLAIN);
  });
});

describe('lines of a log', () => {
  test('a carriage return writes over the line, as a progress bar means it', () => {
    expect(texts('  5%\r 50%\r100%\ndone')).toEqual(['100%', 'done']);
    expect(texts('downloading\rok\n')).toEqual(['okwnloading']);
    expect(texts(`downloading\r${ESC}[Kok\n`)).toEqual(['ok']);
  });

  test('CR LF is one line end, also when the chunk ends between them', () => {
    expect(texts('one\r\ntwo')).toEqual(['one', 'two']);
    expect(texts('one\r', '\ntwo')).toEqual(['one', 'two']);
    expect(texts('one\r', 'two')).toEqual(['two']);
  });

  test('backspace steps back, empty lines stay', () => {
    expect(texts('a\n\nbx\by')).toEqual(['a', '', 'by']);
  });

  test('an endless line is folded, not lost', () => {
    const lines = texts('x'.repeat(FOLD_AT * 2 + 5));
    expect(lines.map((line) => line.length)).toEqual([FOLD_AT, FOLD_AT, 5]);
  });

  test('overwriting half of a surrogate pair leaves no broken character', () => {
    expect(texts('😀\rx')[0]?.isWellFormed()).toBe(true);
  });
});

describe('hostile sequences', () => {
  test('titles, links and cursor movement leave no trace', () => {
    expect(
      texts(`a${ESC}]0;title\u0007b${ESC}]8;;http://x${ESC}\\link${ESC}]8;;${ESC}\\c${ESC}[2J${ESC}[10;5Hd${ESC}7e`),
    ).toEqual(['ablinkcde']);
  });

  test('a string sequence that never ends hides nothing of the lines after it', () => {
    expect(texts(`a${ESC}]0;evil\nnext line`)).toEqual(['a␛]0;evil', 'next line']);
    expect(texts(`a${ESC}]0;${'x'.repeat(5_000)}`)[0]).toContain('␛]0;xxx');
  });

  test('controls that reorder or hide text are shown as what they are', () => {
    expect(texts('\u202eexe.tset')).toEqual(['⟦U+202E⟧exe.tset']);
    expect(texts('a\u0000b\u0007c\u007f\u009bd')).toEqual(['a␀b␇c␡⟦U+009B⟧d']);
  });

  test('markup is text', () => {
    expect(texts('<img src=x onerror=alert(1)>')).toEqual(['<img src=x onerror=alert(1)>']);
  });

  test('an escape cut off by the end of the log is shown', () => {
    expect(texts(`a${ESC}[3`)).toEqual(['a␛[3']);
  });

  const piece = fc.constantFrom(
    'a',
    'é',
    '😀',
    '\n',
    '\r',
    '\b',
    ESC,
    '[',
    ']',
    '3',
    '1',
    ';',
    'm',
    'K',
    '\u0007',
    '\\',
    ':',
  );

  test('where the chunks are split never changes what is read', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat(59), { maxLength: 6 }), (pieces, cuts) => {
        const text = pieces.join('');
        const places = [...new Set([0, ...cuts.filter((place) => place < pieces.length), pieces.length])].sort(
          (a, b) => a - b,
        );
        const chunks = places.slice(1).map((place, index) => pieces.slice(places[index], place).join(''));
        expect(read(...chunks)).toEqual(read(text));
      }),
    );
  });

  test('printable text without controls comes out as it went in', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[ -~äöü€😀]{0,80}$/), { minLength: 1 }), (lines) => {
        expect(texts(`${lines.join('\n')}\n`)).toEqual(lines);
      }),
    );
  });
});

describe('chunks by byte offset', () => {
  test('the next chunk is appended, one that is known is not', () => {
    expect(takeChunk(4, { from: 4, to: 6, text: 'ef' })).toEqual({ step: 'append', text: 'ef', to: 6 });
    expect(takeChunk(4, { from: 0, to: 4, text: 'abcd' })).toEqual({ step: 'known' });
  });

  test('an overlap adds only its new bytes, counted as UTF-8', () => {
    expect(takeChunk(3, { from: 1, to: 6, text: 'é€' })).toEqual({ step: 'append', text: '€', to: 6 });
  });

  test('a hole is named, so that it is read before anything after it is shown', () => {
    expect(takeChunk(4, { from: 9, to: 12, text: 'jkl' })).toEqual({ step: 'gap', from: 4 });
  });
});

describe('a search in a log', () => {
  test('finds lines whatever their case and colour, and looks at each line once', () => {
    const search = logSearch('No Disk');
    const lines = read(`one\nno ${ESC}[31mdi${ESC}[0msk left\nNO DISK`);
    lookOn(search, lines.slice(0, 2));
    expect(search).toEqual({ wanted: 'no disk', hits: [1], looked: 2 });
    lookOn(search, lines);
    expect(search.hits).toEqual([1, 2]);
    lookOn(search, []);
    expect(search.hits).toEqual([1, 2]);
  });

  test('next and previous go from where one looks, and round the end', () => {
    expect([nextHit([3, 8], 3, 1), nextHit([3, 8], 8, 1), nextHit([3, 8], 3, -1), nextHit([3, 8], 5, -1)]).toEqual([
      1, 0, 1, 0,
    ]);
    expect(nextHit([], 0, 1)).toBe(-1);
  });

  test('what is found is marked over the edges of colours, and no character is lost', () => {
    const [line] = read(`a no ${ESC}[31mdi${ESC}[0msk b no disk`);
    const spans = marked(line!, 'no disk');
    expect(spans.map(({ text }) => text).join('')).toBe('a no disk b no disk');
    expect(spans.filter(({ hit }) => hit).map(({ text }) => text)).toEqual(['no ', 'di', 'sk', 'no disk']);
  });
});
