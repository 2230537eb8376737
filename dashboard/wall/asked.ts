/** What the address of this display asks for, besides its size: `?group=site&sound=on`. */
export interface Asked {
  /** The label that hosts are grouped by; null: by environment. */
  group: string | null;
  sound: boolean;
}

export function askedBy(search: string): Asked {
  const asked = new URLSearchParams(search);
  return { group: asked.get('group') || null, sound: asked.get('sound') === 'on' };
}
