/** How Slack shows an instant in the reader's zone: each token of the format has its own words. */
export function slackDate(at: number, format: string, now: number, zone: string): string {
  return format.replace(/\{(\w+)\}/g, (whole, token: string) => TOKENS[token]?.(at, now, zone) ?? whole);
}

type Words = (at: number, now: number, zone: string) => string;

const day = (at: number, timeZone: string, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(at);
const iso = (at: number, timeZone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);

const short: Words = (at, _, zone) => day(at, zone, { day: 'numeric', month: 'short', year: 'numeric' });
const medium: Words = (at, _, zone) => day(at, zone, { day: 'numeric', month: 'long', year: 'numeric' });
const long: Words = (at, _, zone) => day(at, zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/** Today, yesterday and tomorrow are said so. */
const pretty =
  (otherwise: Words): Words =>
  (at, now, zone) => {
    const oneDay = 86_400_000;
    const names = { today: now, yesterday: now - oneDay, tomorrow: now + oneDay };
    const found = Object.entries(names).find(([, instant]) => iso(at, zone) === iso(instant, zone));
    return found?.[0] ?? otherwise(at, now, zone);
  };

const TOKENS: Readonly<Record<string, Words>> = {
  date_num: (at, _, zone) => iso(at, zone),
  date: medium,
  date_short: short,
  date_long: long,
  date_pretty: pretty(medium),
  date_short_pretty: pretty(short),
  date_long_pretty: pretty(long),
  time: (at, _, zone) => day(at, zone, { hour: '2-digit', minute: '2-digit' }),
  time_secs: (at, _, zone) => day(at, zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
};
