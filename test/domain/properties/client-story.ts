import fc from 'fast-check';
import { demoted, promoted, undemoted, withRequired } from '../../../server/domain/channel-change.ts';
import type { Channel } from '../../../server/domain/channel.ts';
import { newClient, type Client } from '../../../server/domain/client.ts';
import { deploy } from '../../../server/domain/deploy.ts';
import { download } from '../../../server/domain/download.ts';
import type { Installer } from '../../../server/domain/installer.ts';
import { checked, visibleReleases } from '../../../server/domain/visibility.ts';

/** Few versions, so that stories meet themselves: pre-releases and a tie by build metadata are among them. */
export const version = fc.constantFrom('1.0.0', '1.1.0-rc.1', '1.1.0', '1.1.0+b', '1.2.0', '2.0.0');

export const installer: fc.Arbitrary<Installer> = fc.oneof(
  fc.constantFrom<Installer>({ method: 'helm' }, { method: 'embedded-cluster' }, { method: 'managed' }),
  fc.record({
    method: fc.constantFrom('kots' as const, 'kurl' as const),
    kotsVersion: fc.constantFrom('1.125.0', '1.126.0', '1.127.9', '1.128.0-beta', '1.128.0', '1.129.0'),
  }),
);

export interface Scene {
  readonly channel: Channel;
  readonly client: Client;
}

type Event = (scene: Scene) => Scene;

const onChannel =
  (change: (channel: Channel) => Channel): Event =>
  (scene) => ({ ...scene, channel: change(scene.channel) });

const onClient =
  (change: (scene: Scene) => Client): Event =>
  (scene) => ({ ...scene, client: change(scene) });

const promote = fc
  .tuple(version, fc.boolean())
  .map(([v, required]) => onChannel((channel) => promoted(channel, { version: v, required })));
const check = fc.constant(onClient(({ channel, client }) => checked(channel, client)));
const downloadOne = version.map((v) => onClient(({ channel, client }) => download(channel, client, v)));

/** Of what the client sees, so that most stories have something that runs; refused now and then all the same. */
const deployOne = fc.tuple(fc.nat(5), fc.constantFrom('succeeded' as const, 'failed' as const)).map(([nth, outcome]) =>
  onClient(({ channel, client }) => {
    const visible = visibleReleases(channel, client);
    const target = visible[nth % Math.max(1, visible.length)];
    return target ? deploy(channel, client, target.version, outcome).client : client;
  }),
);

/** Anything that can happen to a channel and one of its clients. */
const event: fc.Arbitrary<Event> = fc.oneof(
  promote,
  version.map((v) => onChannel((channel) => demoted(channel, v))),
  version.map((v) => onChannel((channel) => undemoted(channel, v))),
  fc.tuple(version, fc.boolean()).map(([v, required]) => onChannel((channel) => withRequired(channel, v, required))),
  check,
  fc.constant(onClient(({ client }) => checked(null, client))),
  downloadOne,
  deployOne,
);

const beginning = fc.tuple(promote, promote, promote, downloadOne, downloadOne, check, deployOne);

/** Where a channel and one of its clients stand after some story. */
export const scene: fc.Arbitrary<Scene> = fc
  .tuple(
    fc.constantFrom('semver' as const, 'sequence' as const),
    installer,
    beginning,
    fc.array(event, { maxLength: 20 }),
  )
  .map(([versioning, method, first, then]) =>
    [...first, ...then].reduce<Scene>((before, happens) => happens(before), {
      channel: { versioning, entries: [] },
      client: newClient(method),
    }),
  );
