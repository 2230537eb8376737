/** Paints hosts as squares: one sprite per mark, and per picture only the squares that changed. */
import type { Mark } from '../theme/states.ts';
import { marks } from '../theme/states.ts';
import { markOrder } from '../live/fleet-picture.ts';
import type { MapLayout } from './map-layout.ts';

export interface MapColours {
  ground: string;
  paint: Record<Mark, string>;
}

/** Reads the theme's colours, since a canvas cannot use custom properties. */
export function mapColours(element: Element): MapColours {
  const style = getComputedStyle(element);
  const paint = Object.fromEntries(markOrder.map((mark) => [mark, style.getPropertyValue(marks[mark].paint).trim()]));
  return { ground: style.getPropertyValue('--ground').trim(), paint: paint as Record<Mark, string> };
}

/**
 * Squares are copied as pixels and put on the canvas once a picture. As drawing commands, thousands of small stamps held
 * frames back for seconds where the graphics card is emulated, and took half of the main thread where it is not there.
 */
export const inMemory: CanvasRenderingContext2DSettings = { willReadFrequently: true };

/** Phases of the moving bar in a running square. */
export const phases = 8;
const runningByte = markOrder.indexOf('running');
const failedByte = markOrder.indexOf('failed');
/** Squares below this many pixels get a ring when they fail, as long as the rings do not hide the map. */
const ringedBelow = 12;
const mostRings = 200;

export class MapPainter {
  #context: CanvasRenderingContext2D;
  #layout: MapLayout;
  #starts: readonly number[];
  #sprites: Uint32Array[];
  #moving: Uint32Array[];
  #image: ImageData;
  #pixels: Uint32Array;
  /** Rows of the image that the canvas does not have yet. */
  #stale = { from: Infinity, to: 0 };
  #gap: number;
  #colours: MapColours;
  #drawn = new Uint8Array(0);
  /** There are rings on the canvas above. */
  #ringed = true;

  /** `starts`: place of each group's first host. `gap`: device pixels between squares. */
  constructor(
    context: CanvasRenderingContext2D,
    layout: MapLayout,
    starts: readonly number[],
    gap: number,
    colours: MapColours,
  ) {
    this.#context = context;
    this.#layout = layout;
    this.#starts = starts;
    this.#gap = gap;
    this.#colours = colours;
    this.#image = context.createImageData(context.canvas.width, context.canvas.height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    const size = layout.cell.width;
    this.#sprites = markOrder.map((mark) => sprite(size, colours, mark, null));
    this.#moving = Array.from({ length: phases }, (_, phase) => sprite(size, colours, 'running', phase));
  }

  /** Brings the canvas to these marks; only squares whose mark differs from what is drawn are touched. */
  paint(bytes: Uint8Array): void {
    const all = this.#drawn.length !== bytes.length;
    this.#eachSquare(bytes.length, (place, x, y) => {
      const byte = bytes[place] as number;
      if (all || this.#drawn[place] !== byte) this.#stamp(this.#sprites[byte], x, y);
    });
    this.#drawn = bytes.slice();
    this.#show();
  }

  /** Moves the bar in every running square to its next phase. */
  move(phase: number): void {
    const bar = this.#moving[phase % phases];
    this.#eachSquare(this.#drawn.length, (place, x, y) => {
      if (this.#drawn[place] === runningByte) this.#stamp(bar, x, y);
    });
    this.#show();
  }

  /** Rings every failed host on a canvas of its own that lies above: one red square in ten thousand is easily missed. */
  ring(above: CanvasRenderingContext2D, bytes: Uint8Array): void {
    const { width, height } = this.#image;
    const { canvas } = above;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    else if (this.#ringed) above.clearRect(0, 0, width, height);
    const size = this.#layout.cell.width;
    let failed = 0;
    for (const byte of bytes) if (byte === failedByte) failed += 1;
    this.#ringed = failed > 0 && failed <= mostRings && size < ringedBelow;
    if (!this.#ringed) return;
    above.strokeStyle = this.#colours.paint.failed;
    above.lineWidth = Math.max(2, size / 3);
    this.#eachSquare(bytes.length, (place, x, y) => {
      if (bytes[place] !== failedByte) return;
      above.beginPath();
      above.arc(x + size / 2, y + size / 2, size * 2.2, 0, 2 * Math.PI);
      above.stroke();
    });
  }

  #stamp(sprite: Uint32Array | undefined, x: number, y: number): void {
    if (!sprite) return;
    const size = this.#layout.cell.width;
    const width = this.#image.width;
    // A square beyond the edge would come in again on the other side.
    if (x < 0 || y < 0 || x + size > width || y + size > this.#image.height) return;
    for (let row = 0; row < size; row += 1) {
      this.#pixels.set(sprite.subarray(row * size, (row + 1) * size), (y + row) * width + x);
    }
    this.#stale.from = Math.min(this.#stale.from, y);
    this.#stale.to = Math.max(this.#stale.to, y + size);
  }

  #show(): void {
    const { from, to } = this.#stale;
    if (to > from) this.#context.putImageData(this.#image, 0, 0, 0, from, this.#image.width, to - from);
    this.#stale = { from: Infinity, to: 0 };
  }

  #eachSquare(total: number, visit: (place: number, x: number, y: number) => void): void {
    const { groups, cell } = this.#layout;
    const step = cell.width + this.#gap;
    groups.forEach(({ left, top, columns }, at) => {
      const start = this.#starts[at] ?? 0;
      const end = this.#starts[at + 1] ?? total;
      for (let place = start; place < end; place += 1) {
        const nth = place - start;
        const x = Math.round(left) + (nth % columns) * step;
        visit(place, x, Math.round(top) + Math.floor(nth / columns) * step);
      }
    });
  }
}

type Pen = (context: CanvasRenderingContext2D, size: number, ground: string, phase: number | null) => void;

/** The shapes of StateMark, drawn for squares of 3 to 60 pixels: what a small one cannot show falls back to fill and outline. */
const pens = {
  ok: (c, s) => c.fillRect(inset(s), inset(s), s - 2 * inset(s), s - 2 * inset(s)),
  running: (c, s, ground, phase) => {
    c.fillRect(0, 0, s, s);
    c.fillStyle = ground;
    const width = Math.max(1, Math.round(s * 0.28));
    // Aslant, so that it never passes for pause bars.
    const lean = s < 6 ? 0 : Math.round(s * 0.3);
    const x = phase === null ? (s - width) / 2 : (phase / phases) * s;
    // It leaves on the right as it comes in on the left: at every instant there is a bar to be seen.
    for (const at of [x - s, x, x + s].map((left) => Math.round(left - lean / 2))) {
      c.beginPath();
      c.moveTo(at, s);
      c.lineTo(at + lean, 0);
      c.lineTo(at + lean + width, 0);
      c.lineTo(at + width, s);
      c.fill();
    }
  },
  waiting: (c, s) => {
    c.lineWidth = Math.max(1, s * 0.15);
    c.beginPath();
    c.arc(s / 2, s / 2, s * 0.36, 0, 2 * Math.PI);
    c.stroke();
  },
  degraded: (c, s) => {
    c.beginPath();
    c.moveTo(s / 2, s * 0.06);
    c.lineTo(s * 0.98, s * 0.94);
    c.lineTo(s * 0.02, s * 0.94);
    c.fill();
  },
  failed: (c, s, ground) => {
    c.fillRect(0, 0, s, s);
    if (s < 6) return;
    c.strokeStyle = ground;
    c.lineWidth = Math.max(1.2, s * 0.15);
    c.beginPath();
    c.moveTo(s * 0.26, s * 0.26);
    c.lineTo(s * 0.74, s * 0.74);
    c.moveTo(s * 0.74, s * 0.26);
    c.lineTo(s * 0.26, s * 0.74);
    c.stroke();
  },
  unknown: (c, s) => {
    const line = Math.max(1, Math.round(s * 0.09));
    c.lineWidth = line;
    c.strokeRect(line / 2 + inset(s), line / 2 + inset(s), s - line - 2 * inset(s), s - line - 2 * inset(s));
    if (s < 8) return;
    c.beginPath();
    c.rect(inset(s), inset(s), s - 2 * inset(s), s - 2 * inset(s));
    c.clip();
    for (let x = -s; x < s; x += s / 3) {
      c.moveTo(x, s);
      c.lineTo(x + s, 0);
    }
    c.globalAlpha = 0.6;
    c.stroke();
  },
  held: (c, s) => {
    c.fillRect(s * 0.18, s * 0.1, s * 0.24, s * 0.8);
    c.fillRect(s * 0.58, s * 0.1, s * 0.24, s * 0.8);
  },
  recalled: (c, s) => {
    c.lineWidth = Math.max(1, s * 0.15);
    c.beginPath();
    c.moveTo(s * 0.4, s * 0.12);
    c.lineTo(s * 0.15, s * 0.37);
    c.lineTo(s * 0.4, s * 0.62);
    c.moveTo(s * 0.15, s * 0.37);
    c.lineTo(s * 0.85, s * 0.37);
    c.lineTo(s * 0.85, s * 0.88);
    c.stroke();
  },
} as const satisfies Record<Mark, Pen>;

/** Healthy squares stay a little smaller than failed ones, which fill their place: trouble is larger, not only brighter. */
function inset(size: number): number {
  return size >= 8 ? Math.round(size * 0.1) : 0;
}

/** Its pixels, row by row. */
function sprite(size: number, { paint, ground }: MapColours, mark: Mark, phase: number | null): Uint32Array {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d', inMemory) as CanvasRenderingContext2D | null;
  if (context) {
    context.fillStyle = context.strokeStyle = paint[mark];
    const pen: Pen = pens[mark];
    pen(context, size, ground, phase);
  }
  const data = context?.getImageData(0, 0, size, size).data ?? new Uint8ClampedArray(4 * size * size);
  return new Uint32Array(data.buffer);
}
