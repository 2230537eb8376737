/** Ed25519 keys in OpenSSH's format, without ssh-keygen. */
import ssh2 from 'ssh2';

export interface SshKey {
  /** Text of an unencrypted `OPENSSH PRIVATE KEY`. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA… comment` */
  readonly publicKey: string;
}

/** ssh2 writes an unreadable key for about one in 200 (a leading zero byte is lost), so each one has to prove itself. */
export function generateSshKey(comment: string): SshKey {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (works(pair.private, pair.public)) return { privateKey: pair.private, publicKey: pair.public };
  }
}

function works(privateKey: string, publicKey: string): boolean {
  const secret = ssh2.utils.parseKey(privateKey);
  const open = ssh2.utils.parseKey(publicKey);
  if (secret instanceof Error || open instanceof Error) return false;
  const text = Buffer.from('signalbox');
  return open.verify(text, secret.sign(text)) === true;
}
