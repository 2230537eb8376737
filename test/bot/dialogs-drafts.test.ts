import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { slackDraft } from '../../db/schema/index.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import {
  beginDraft,
  changeDraft,
  DRAFT_MS,
  readDraft,
  rememberShown,
  useDraft,
  versionOfDraft,
} from '../../server/services/slack/drafts.ts';
import type { Actor } from '../../server/services/verb.ts';
import { personOf } from '../support/people.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
let ana: Actor;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  ana = await personOf(world, 'Ana', 'operator');
});
afterEach(() => world.clear());
afterAll(() => world.close());

const input = { dialog: 'rollback', jobId: 1, hostIds: null, includeHealthy: false } as const;
const begun = (actor = ana) => beginDraft(world.ctx, actor, input);
const use = <T>(id: string, run: () => Promise<T>, actor = ana) => useDraft(world.ctx, actor, id, run);
const why = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Refusal ? error.reason : String(error)),
  );

describe('a draft', () => {
  test('is used once, however many submit it at once', async () => {
    const { id } = await begun();
    let runs = 0;
    const done = await Promise.all(Array.from({ length: 20 }, () => why(use(id, () => Promise.resolve((runs += 1))))));
    expect(runs).toBe(1);
    expect(done.filter((each) => each === 'done')).toHaveLength(1);
    expect(new Set(done)).toEqual(new Set(['done', 'draft_used']));
    expect(await why(changeDraft(world.ctx, ana, id, input))).toBe('draft_used');
    expect(await versionOfDraft(world.ctx, id)).toBeNull();
  });

  test('is given back by a refusal, and stays used after an error that nobody can judge', async () => {
    const { id } = await begun();
    const refuses = () => Promise.reject(new Refusal('refused', 'no', { reason: 'held' }));
    expect(await why(use(id, refuses))).toBe('held');
    expect(await why(use(id, () => Promise.reject(new Error('line cut'))))).toBe('Error: line cut');
    expect(await why(use(id, () => Promise.resolve()))).toBe('draft_used');
  });

  test('is of its person alone, a person, and for 30 minutes', async () => {
    const { id } = await begun();
    const ben = await personOf(world, 'Ben', 'admin');
    expect(await why(readDraft(world.ctx, ben, id))).toBe('draft_of_somebody_else');
    expect(await why(changeDraft(world.ctx, ben, id, input))).toBe('draft_of_somebody_else');
    expect(await why(use(id, () => Promise.resolve(), ben))).toBe('draft_of_somebody_else');
    expect(await why(begun({ ...ana, kind: 'token' }))).toBe('person_only');
    world.time.now += DRAFT_MS - 1;
    expect(await why(readDraft(world.ctx, ana, id))).toBe('done');
    world.time.now += 1;
    expect(await why(readDraft(world.ctx, ana, id))).toBe('draft_expired');
    expect(await why(use(id, () => Promise.resolve()))).toBe('draft_expired');
    expect(await why(readDraft(world.ctx, ana, 'no-such-draft'))).toBe('draft_expired');
  });

  test('remembers what was shown of its newest version, never of an older one', async () => {
    const first = await begun();
    const second = await changeDraft(world.ctx, ana, first.id, { ...input, includeHealthy: true });
    await rememberShown(world.ctx, first, 'old');
    expect((await readDraft(world.ctx, ana, first.id)).input).not.toHaveProperty('seen');
    await rememberShown(world.ctx, second, 'new');
    expect((await readDraft(world.ctx, ana, first.id)).input).toMatchObject({ seen: { version: 2, plan: 'new' } });
  });

  test('is forgotten once it has run out for a while', async () => {
    await begun();
    world.time.now += 2 * DRAFT_MS + 1;
    const { id } = await begun();
    expect((await world.ctx.db.select().from(slackDraft)).map((row) => row.id)).toEqual([id]);
  });
});
