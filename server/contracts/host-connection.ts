interface SshPlace {
  address: string;
  port: number;
  user: string;
  /** Pinned: fingerprints or public key lines; see `SshPlace` of the hosts' contract. */
  hostKeys: string[];
  /** A key file in the server's key folder, or `agent`; keys are never stored. */
  identity: string;
}

/** How a host is reached, and who the runner runs as there. */
export type HostConnection = { become?: 'sudo' } & (
  | { transport: 'local' }
  | ({ transport: 'ssh2' } & SshPlace)
  | ({
      transport: 'openssh';
      /** Files in the server's key folder. */
      certificate?: string;
      config?: string;
      jump?: SshPlace & { certificate?: string };
    } & SshPlace)
);
