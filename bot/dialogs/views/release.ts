import type { ChosenRelease } from '../release-field.ts';
import { typeAhead } from './parts.ts';

/** Where a dialog was opened without a release. */
export function releaseField(chosen: ChosenRelease | null) {
  return typeAhead({
    field: 'release',
    label: 'Release',
    placeholder: 'Choose a release',
    chosen: chosen && { text: `${chosen.product} ${chosen.version}`, value: String(chosen.id) },
  });
}
