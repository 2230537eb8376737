import { PLAIN } from './sgr.ts';
import type { Colour, Style } from './sgr.ts';

/** How a span is painted: custom properties of LogView for the sixteen named colours, plain hex for the others. */
export interface Paint {
  readonly color: string | undefined;
  readonly background: string | undefined;
}

export function paintOf(style: Style): Paint {
  if (style === PLAIN) return { color: undefined, background: undefined };
  const fg = style.fg && foreground(style.fg);
  const bg = style.bg && plainColour(style.bg);
  if (style.inverse) return { color: bg ?? 'var(--log-ground)', background: fg ?? 'var(--log-text)' };
  return { color: fg ?? undefined, background: bg ?? undefined };
}

function plainColour(colour: Colour): string {
  return 'palette' in colour ? `var(--ansi-${colour.palette})` : colour.rgb;
}

/** Text in a colour that the ground swallows would be hidden text: it is lifted until it can be read. */
function foreground(colour: Colour): string {
  if ('palette' in colour) return `var(--ansi-${colour.palette})`;
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.rgb.slice(at, at + 2), 16));
  const [red = 0, green = 0, blue = 0] = channels;
  const brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
  if (brightness >= LEAST_BRIGHTNESS) return colour.rgb;
  const lift = (LEAST_BRIGHTNESS - brightness) / (255 - brightness);
  return `rgb(${channels.map((channel) => Math.round(channel + (255 - channel) * lift)).join(' ')})`;
}

/** Of 255; on the log's ground this gives a contrast of at least 4.5. */
const LEAST_BRIGHTNESS = 118;
