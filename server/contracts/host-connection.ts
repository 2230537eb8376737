/** How a host is reached. `identity` names a key file in the server's key folder, or `agent`; keys are never stored. */
export type HostConnection =
  | { transport: 'local' }
  | { transport: 'ssh2'; address: string; port: number; user: string; hostKeys: string[]; identity: string };
