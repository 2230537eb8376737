import { z } from 'zod';
import type { Channel } from '../../../server/domain/channel.ts';
import { demoted, promoted, undemoted, withRequired } from '../../../server/domain/channel-change.ts';
import { newClient, type Client } from '../../../server/domain/client.ts';
import { deploy } from '../../../server/domain/deploy.ts';
import { download } from '../../../server/domain/download.ts';
import { checked } from '../../../server/domain/visibility.ts';

const version = z.string();

const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('promote'), version, required: z.boolean().default(false) }),
  z.object({ type: z.literal('demote'), version }),
  z.object({ type: z.literal('undemote'), version }),
  z.object({ type: z.enum(['archive', 'unarchive']), version }),
  z.object({ type: z.literal('set-required'), version, required: z.boolean() }),
  z.object({ type: z.literal('check'), failed: z.boolean().default(false) }),
  z.object({ type: z.literal('download'), version }),
  z.object({ type: z.literal('deploy'), version, outcome: z.enum(['succeeded', 'failed']).default('succeeded') }),
]);

/** The `given` of the families that tell the story of one client on one channel. */
export const story = z.object({
  versioning: z.enum(['semver', 'sequence']).default('semver'),
  client: z
    .discriminatedUnion('installer', [
      z.object({ installer: z.enum(['helm', 'embedded-cluster', 'managed']) }),
      z.object({ installer: z.enum(['kots', 'kurl']), kotsVersion: version }),
    ])
    .transform(({ installer: method, ...more }) => ({ method, ...more }) as Client['installer']),
  events: z.array(event),
});

type Story = z.infer<typeof story>;
type Event = Story['events'][number];

export interface Scene {
  readonly channel: Channel;
  readonly client: Client;
  readonly refusals: readonly { readonly version: string; readonly code: string }[];
}

/** Where channel and client stand when the story has been told. */
export function tell({ versioning, client, events }: Story): Scene {
  return events.reduce(next, { channel: { versioning, entries: [] }, client: newClient(client), refusals: [] });
}

function next(scene: Scene, event: Event): Scene {
  const { channel, client } = scene;
  switch (event.type) {
    case 'promote':
      return { ...scene, channel: promoted(channel, { version: event.version, required: event.required }) };
    case 'demote':
      return { ...scene, channel: demoted(channel, event.version) };
    case 'undemote':
      return { ...scene, channel: undemoted(channel, event.version) };
    case 'archive':
    case 'unarchive':
      return scene;
    case 'set-required':
      return { ...scene, channel: withRequired(channel, event.version, event.required) };
    case 'check':
      return { ...scene, client: checked(event.failed ? null : channel, client) };
    case 'download':
      return { ...scene, client: download(channel, client, event.version) };
    case 'deploy':
      return deployNext(scene, event.version, event.outcome);
  }
}

function deployNext(scene: Scene, target: string, outcome: 'succeeded' | 'failed'): Scene {
  const { decision, client } = deploy(scene.channel, scene.client, target, outcome);
  if (decision.allowed) return { ...scene, client };
  return { ...scene, refusals: [...scene.refusals, { version: target, code: decision.refusal.code }] };
}
