/** Lets in whoever waits at the door, a few at each turn of the event loop. */
export interface Admission {
  enter(begin: () => void): void;
}

/**
 * A thousand screens that lost their server knock at the same instant: taken at once, their handshakes would hold up
 * everybody who is in already. `perTurn`: how many begin before other work has its turn; who comes alone begins at once.
 */
export function openAdmission(perTurn = 8): Admission {
  const waiting: (() => void)[] = [];
  let room = perTurn;
  let turning = false;
  const turn = () => {
    room = perTurn;
    const begun = waiting.splice(0, room);
    room -= begun.length;
    turning = begun.length > 0;
    if (turning) setImmediate(turn);
    for (const begin of begun) begin();
  };
  return {
    enter(begin) {
      if (!turning) {
        turning = true;
        setImmediate(turn);
      }
      if (room === 0) {
        waiting.push(begin);
        return;
      }
      room -= 1;
      begin();
    },
  };
}
