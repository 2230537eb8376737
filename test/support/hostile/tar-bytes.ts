/** Spoils archives byte by byte: no builder would make these. */
import { gzipSync } from 'node:zlib';

/** One bit of the byte at this place; a negative one is counted from the end. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const index = at < 0 ? bytes.length + at : at;
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(index) ^ 1, index);
  return copy;
}

/** Compressed, and then more. */
export function followed(tarball: Buffer, more: string): Buffer {
  return Buffer.concat([gzipSync(tarball), Buffer.from(more)]);
}

/** Gives the first entry another type, and mends the header's checksum. */
export function typed(tarball: Buffer, type: string): Buffer {
  const copy = Buffer.from(tarball);
  copy.write(type, 156, 'latin1');
  return checked(copy);
}

/** A pax header of four gibibytes, as far as it says. */
export function endlessHeader(tarball: Buffer): Buffer {
  const copy = typed(tarball, 'x');
  copy.write('37777777777\0', 124, 'latin1');
  return checked(copy);
}

/** The first entry as an old GNU sparse file: its 512 bytes stand at the end of a file of eight gibibytes. */
export function sparse(tarball: Buffer): Buffer {
  const copy = typed(tarball, 'S');
  copy.write('ustar  \0', 257, 'latin1');
  copy.fill(0, 345, 512);
  copy.write('77777776000\0', 386, 'latin1');
  copy.write('00000001000\0', 398, 'latin1');
  copy.write('77777777000\0', 483, 'latin1');
  return checked(copy);
}

function checked(tarball: Buffer): Buffer {
  tarball.write('        ', 148, 'latin1');
  const sum = tarball.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tarball.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return tarball;
}
