import type { RecallRange } from '../../../server/domain/recall-range.ts';
import type { RecallStrategy } from '../../../server/domain/recall.ts';
import type { Zone } from '../../live/format.ts';
import { readInstant } from '../holds/hold-form.ts';

/** What stands in the fields of a new recall, as text. */
export interface RecallForm {
  productId: number;
  form: 'only' | 'between' | 'from';
  only: string;
  from: string;
  before: string;
  except: string;
  strategy: RecallStrategy['type'];
  floor: string;
  until: string;
  reason: string;
}

export interface ReadRecall {
  productId: number;
  range: RecallRange;
  except: string[];
  strategy: RecallStrategy;
}

export function emptyRecallForm(productId: number, only = ''): RecallForm {
  return {
    productId,
    form: 'only',
    only,
    from: only,
    before: '',
    except: '',
    strategy: 'forward',
    floor: '',
    until: '',
    reason: '',
  };
}

/** What the form asks for, or why the server cannot be asked yet. `zone`: that of the reader's times. Rule: section 9. */
export function readRecallForm(form: RecallForm, zone: Zone): { asked: ReadRecall } | { missing: string } {
  const range = rangeOf(form);
  if (typeof range === 'string') return { missing: range };
  const strategy = strategyOf(form, zone);
  if (typeof strategy === 'string') return { missing: strategy };
  const except = form.except.split(/[\s,]+/).filter((version) => version !== '');
  return { asked: { productId: form.productId, range, except, strategy } };
}

function rangeOf(form: RecallForm): RecallRange | string {
  const [only, from, before] = [form.only.trim(), form.from.trim(), form.before.trim()];
  if (form.form === 'only') return only === '' ? 'Name the release.' : { only };
  if (from === '') return 'Name the first version of the range.';
  if (form.form === 'from') return { from };
  return before === '' ? 'Name the version before which the range ends.' : { from, before };
}

function strategyOf({ strategy, floor, until }: RecallForm, zone: Zone): RecallStrategy | string {
  if (strategy === 'forward') return { type: 'forward' };
  if (strategy === 'downgrade') {
    return floor.trim() === '' ? 'Name the oldest version to go back to.' : { type: 'downgrade', floor: floor.trim() };
  }
  const at = readInstant(until, zone);
  return at === null || at === undefined ? 'Say until when nothing moves.' : { type: 'freeze', until: at };
}
