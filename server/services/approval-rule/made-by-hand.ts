import { Refusal } from '../../contracts/errors.ts';
import type { RuleView } from '../../domain/views.ts';

/** Throws for a rule that a fleet file owns: the next apply would undo what somebody does to it here. */
export function demandMadeByHand(verb: 'Save' | 'Removal', { name, managedBy }: RuleView): void {
  if (managedBy === null) return;
  throw new Refusal(
    'refused',
    `${verb} refused: rule ${name} is declared by ${managedBy}. Change it there and apply the file.`,
    { reason: 'declared_by_file' },
  );
}
