/** The sound of an incident that nobody has taken. Off unless the display's address asks for it: `?sound=on`. */

/** At most once in this time. Milliseconds. */
export const alarmEveryMs = 60_000;

/** `open`: incidents that nobody has acknowledged; those that somebody has are silent. `lastAt`: null: not yet. */
export function isAlarmDue(open: number, now: number, lastAt: number | null): boolean {
  return open > 0 && (lastAt === null || now - lastAt >= alarmEveryMs);
}

/**
 * Two soft tones. A browser that wants a touch before it makes a sound stays silent: kiosks start it with
 * `--autoplay-policy=no-user-gesture-required`.
 */
export function sound(): void {
  const context = new AudioContext();
  const volume = context.createGain();
  volume.gain.value = 0.15;
  volume.connect(context.destination);
  [660, 495].forEach((frequency, at) => {
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(volume);
    tone.start(context.currentTime + at * 0.35);
    tone.stop(context.currentTime + at * 0.35 + 0.3);
  });
  setTimeout(() => void context.close(), 2_000);
}
