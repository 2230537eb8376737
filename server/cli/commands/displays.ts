import { instantText } from '../../domain/wording.ts';
import { WALL_VIEWS, type WallView } from '../../domain/wall-view.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { idNamed } from '../named.ts';
import { table } from '../text.ts';

const SECONDS = 30;

const shown = {
  views: { value: 'names', text: `what it shows in turn, out of ${WALL_VIEWS.join(', ')}; default overview` },
  seconds: { value: 'n', text: `how long each is shown, default ${SECONDS}` },
} as const;

export const displayPair = command(
  {
    summary: 'Let a screen show the wall, by the code that it shows at /wall/pair',
    args: ['code', 'name'],
    options: shown,
  },
  async (terminal, { code, name }, given) => {
    const display = await terminal.client.call('displays.pair', { code, name, ...settingsOf(given) });
    terminal.show(display, () => [`display ${display.id} (${display.name}) shows the wall`]);
    return 'ok';
  },
);

export const displayList = command(
  { summary: 'List displays, with when each was last seen', args: [], options: {} },
  async (terminal) => {
    const answer = await terminal.client.call('displays.list', {});
    const rows = answer.items.map((display) => [
      String(display.id),
      display.name,
      display.views.join(','),
      `${display.rotateMs / 1_000} s`,
      display.lastSeenAt === null ? 'never' : instantText(display.lastSeenAt),
      display.pairedBy,
    ]);
    terminal.show(answer, () => table(['display', 'name', 'views', 'each', 'last seen', 'by'], rows, 'no displays'));
    return 'ok';
  },
);

export const displayChange = command(
  {
    summary: 'Change the name of a display or what it shows; what is not given stays',
    args: ['display'],
    options: { name: { value: 'text', text: 'another name' }, ...shown },
  },
  async (terminal, args, { name, ...given }) => {
    const id = idNamed(args.display, 'the display');
    const known = (await terminal.client.call('displays.list', {})).items.find((each) => each.id === id);
    if (!known) throw new UsageError(`there is no display ${id}. See signalbox display list.`);
    const changed = { id, name: name ?? known.name, ...settingsOf(given, known) };
    const display = await terminal.client.call('displays.change', changed);
    terminal.show(display, () => [`display ${id} (${display.name}) takes it over within a minute`]);
    return 'ok';
  },
);

export const displayRevoke = command(
  { summary: 'Revoke a display: its screen shows nothing from now on', args: ['display'], options: {} },
  async (terminal, { display }) => {
    const answer = await terminal.client.call('displays.revoke', { id: idNamed(display, 'the display') });
    terminal.show(answer, () => [`display ${display} is revoked`]);
    return 'ok';
  },
);

function settingsOf(
  { views, seconds }: { views?: string | undefined; seconds?: string | undefined },
  { views: knownViews, rotateMs }: { views: WallView[]; rotateMs: number } = {
    views: ['overview'],
    rotateMs: SECONDS * 1_000,
  },
) {
  return {
    views: views === undefined ? knownViews : views.split(',').map(viewNamed),
    rotateMs: seconds === undefined ? rotateMs : idNamed(seconds, '--seconds') * 1_000,
  };
}

function viewNamed(name: string): WallView {
  const view = WALL_VIEWS.find((each) => each === name.trim());
  if (!view) throw new UsageError(`a wall has no view ${name}. It has ${WALL_VIEWS.join(', ')}.`);
  return view;
}
