import { REQUIRED_EFFECTS, requiredImpact, type RequiredImpact } from '../../domain/required-impact.ts';
import { listed } from '../../domain/wording.ts';
import type { Seat, Subject } from '../client/subjects.ts';
import { verb } from '../verb.ts';
import { followersOf, touchedBy } from './followers.ts';

interface RequiredInput {
  /** Of the release. */
  id: number;
  required: 'true' | 'false';
}

/** Who would be gated, or freed, before anything is changed. Rule: section 4 (Required). */
export const previewRequired = verb('release.read', async (ctx, _actor, { id, required }: RequiredInput) => {
  const becomes = required === 'true';
  const { release, followers } = await followersOf(ctx, id);
  const environments = followers.map((subject) => {
    const impact = worst(subject.seats.map((seat) => impactOn(subject, seat, release.version, becomes)));
    return { ...touchedBy(subject), ...impact, sentence: sentenceOf(subject, impact) };
  });
  return { releaseId: id, version: release.version, required: release.required, becomes, environments };
});

function impactOn({ channel }: Subject, { client }: Seat, version: string, becomes: boolean): RequiredImpact {
  return requiredImpact(channel, client, version, becomes);
}

/** Hosts of one environment that run different releases are touched differently: what touches any of them is said. */
function worst(impacts: readonly RequiredImpact[]): RequiredImpact {
  return impacts.find(({ effect }) => effect !== 'not_gated') ?? { effect: 'not_gated', stops: [] };
}

function sentenceOf({ place }: Subject, { effect, stops }: RequiredImpact): string {
  const what = stops.length === 0 ? '' : `: ${listed(stops.slice(0, 3))}${stops.length > 3 ? ' …' : ''}`;
  return `${place.environment.name} ${REQUIRED_EFFECTS[effect]}${what}.`;
}
