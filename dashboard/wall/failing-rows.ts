/** How many failing hosts get a row of their own, and how many lines each reason may take: few get room, many get named. */
export function roomFor(failing: number, most = 3): { rows: number; lines: 1 | 2 } {
  if (failing === 1) return { rows: 1, lines: 2 };
  return { rows: Math.min(most, failing), lines: 1 };
}

/** Characters that two lines of the third size hold. */
const charactersShown = 130;

/** The hosts without a row: how many, and as many names as two lines hold. Null when every one has its row. */
export function moreNames(hosts: readonly string[]): { count: number; names: string } | null {
  if (hosts.length === 0) return null;
  const names: string[] = [];
  let used = 0;
  for (const name of hosts) {
    used += name.length + 2;
    if (used > charactersShown) break;
    names.push(name);
  }
  return { count: hosts.length, names: names.join(', ') + (names.length < hosts.length ? ', …' : '') };
}

/** A sentence after a colon: its first letter small, unless a second capital says that it is a name. */
export function inSentence(sentence: string): string {
  return /^[A-Z][a-z ]/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence;
}
