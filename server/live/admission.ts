/** Lets in whoever waits at the door, a few at each turn of the event loop. */
export interface Admission {
  enter(begin: () => void): void;
}

/**
 * A thousand screens that lost their server knock at the same instant: taken at once, their handshakes would hold up
 * everybody who is in already. `perTurn`: how many begin before other work has its turn.
 */
export function openAdmission(perTurn = 8): Admission {
  const waiting: (() => void)[] = [];
  let turning = false;
  const turn = () => {
    for (const begin of waiting.splice(0, perTurn)) begin();
    turning = waiting.length > 0;
    if (turning) setImmediate(turn);
  };
  return {
    enter(begin) {
      waiting.push(begin);
      if (turning) return;
      turning = true;
      setImmediate(turn);
    },
  };
}
