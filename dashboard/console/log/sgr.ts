/**
 * SGR ("select graphic rendition"): the colours and weights that programs write as `ESC [ … m`.
 * Conceal and blink are left out on purpose: no log may hide a word from whoever reads it.
 */
export type Colour = { readonly palette: number } | { readonly rgb: string };

export interface Style {
  readonly fg: Colour | null;
  readonly bg: Colour | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strike: boolean;
  readonly inverse: boolean;
}

export const PLAIN: Style = {
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
};

/** A hostile sequence may carry thousands of parameters; what real programs write has fewer than ten. */
const MAX_PARAMETERS = 32;

const FLAGS: Readonly<Record<number, Partial<Style>>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { fg: null },
  49: { bg: null },
};

/** The style after the parameters of one `ESC [ … m`; what is unknown or malformed changes nothing. */
export function applySgr(style: Style, parameters: string): Style {
  const fields = parameters.split(';').slice(0, MAX_PARAMETERS);
  let next = style;
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    const code = numberOf(field.split(':')[0]);
    if (code === 38 || code === 48) {
      const { colour, used } = extendedColour(field, fields.slice(index + 1));
      if (colour) next = { ...next, [code === 38 ? 'fg' : 'bg']: colour };
      index += used;
    } else {
      next = applyCode(next, code, field);
    }
  }
  return next;
}

function applyCode(style: Style, code: number, field: string): Style {
  if (code === 0) return PLAIN;
  if (field === '4:0') return { ...style, underline: false };
  if (code >= 30 && code <= 37) return { ...style, fg: { palette: code - 30 } };
  if (code >= 40 && code <= 47) return { ...style, bg: { palette: code - 40 } };
  if (code >= 90 && code <= 97) return { ...style, fg: { palette: code - 82 } };
  if (code >= 100 && code <= 107) return { ...style, bg: { palette: code - 92 } };
  const flags = FLAGS[code];
  return flags ? { ...style, ...flags } : style;
}

/** Both spellings: `38;5;n` and `38;2;r;g;b` over several fields, `38:5:n` and `38:2::r:g:b` within one. */
function extendedColour(field: string, following: readonly string[]): { colour: Colour | null; used: number } {
  if (field.includes(':')) {
    const [mode, ...rest] = field.split(':').slice(1).map(numberOf);
    return { colour: mode === 5 ? paletteColour(rest[0]) : mode === 2 ? rgbColour(rest.slice(-3)) : null, used: 0 };
  }
  const [mode, ...rest] = following.map(numberOf);
  if (mode === 5) return { colour: paletteColour(rest[0]), used: 2 };
  if (mode === 2) return { colour: rgbColour(rest.slice(0, 3)), used: 4 };
  return { colour: null, used: 0 };
}

function paletteColour(index: number | undefined): Colour | null {
  if (index === undefined || index > 255) return null;
  return index < 16 ? { palette: index } : { rgb: hexOf(xterm256(index)) };
}

function rgbColour(channels: readonly number[]): Colour | null {
  return channels.length === 3 && channels.every((channel) => channel <= 255) ? { rgb: hexOf(channels) } : null;
}

const CUBE = [0, 95, 135, 175, 215, 255];

/** Entries 16 to 255 of the palette that xterm defined: a 6 × 6 × 6 cube, then 24 greys. */
function xterm256(index: number): number[] {
  if (index >= 232) return Array<number>(3).fill(8 + (index - 232) * 10);
  const place = index - 16;
  return [Math.floor(place / 36), Math.floor(place / 6) % 6, place % 6].map((step) => CUBE[step] ?? 0);
}

function hexOf(channels: readonly number[]): string {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

function numberOf(text: string | undefined): number {
  const value = Number.parseInt(text || '0', 10);
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
