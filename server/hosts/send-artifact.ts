/** Streams the package to a host that lacks it: exactly the announced bytes, no matter what the source gives. */
import type { AttemptOptions, ExecChannel } from './contract.ts';

/** Throws when the source has another size, or what the source or the line throws. The runner then sees a short package and forgets it. */
export async function sendArtifact(
  channel: ExecChannel,
  size: number,
  options: Pick<AttemptOptions, 'artifact' | 'onTransfer'>,
): Promise<void> {
  let sent = 0;
  for await (const bytes of options.artifact()) {
    if (sent + bytes.length > size) throw new Error(tooMuch(size));
    await channel.write(bytes);
    sent += bytes.length;
    options.onTransfer?.(sent, size);
  }
  if (sent < size) {
    throw new Error(`the package on the server ended after ${sent} of ${size} bytes. Download it again.`);
  }
}

function tooMuch(size: number): string {
  return `the package on the server is larger than the ${size} bytes of its release. Download it again.`;
}
