/** Colours as people with the three types of colour blindness see them, and how far apart two of them are. */

export type Sight = 'protan' | 'deutan' | 'tritan';
type Triple = readonly [number, number, number];

/** Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB. */
const machado = {
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const satisfies Record<Sight, readonly Triple[]>;

/** CIE76 distance of two `#rrggbb` as this sight has them; null: as everybody else has. */
export function distance(a: string, b: string, sight: Sight | null): number {
  const [first, second] = [labOf(seen(linear(a), sight)), labOf(seen(linear(b), sight))];
  return Math.hypot(first[0] - second[0], first[1] - second[1], first[2] - second[2]);
}

/** Contrast by WCAG 2. */
export function contrast(a: string, b: string): number {
  const light = (hex: string) => luminance(linear(hex));
  return (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
}

function linear(hex: string): Triple {
  const part = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function luminance([r, g, b]: Triple): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function seen(rgb: Triple, sight: Sight | null): Triple {
  if (sight === null) return rgb;
  const [r, g, b] = machado[sight].map((row) => clamp(row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]));
  return [r ?? 0, g ?? 0, b ?? 0];
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** CIELAB under D65. */
function labOf([r, g, b]: Triple): Triple {
  const root = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 / 116) * t + 16 / 116);
  const x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = root(luminance([r, g, b]));
  const z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
