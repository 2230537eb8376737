/** What it may mean that a host ends the line before anybody could log in: sshd says no more than that. */
export const CLOSED_EARLY =
  'It closed the line before anybody could log in: its sshd may have too many logins at once (MaxStartups), or have ' +
  'banned this address for a while (PerSourcePenalties). It is tried again later.';
