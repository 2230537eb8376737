import type {
  DemoSlack,
  DemoSlackDeed,
  DemoSlackDone,
  DemoSlackMessage,
} from '../../../server/contracts/demo-slack.ts';

/** Deeds without the name of who does them. */
type Deed = DemoSlackDeed extends infer D ? (D extends DemoSlackDeed ? Omit<D, 'as'> : never) : never;

const againMs = 2_000;

/** The demo's workspace as one of its people sees it, followed live, and what they do there. */
export class SlackRoom {
  picture: DemoSlack | null = $state.raw(null);
  /** Why there is nothing to see. */
  problem: string | null = $state.raw(null);
  as = $state('');
  channel = $state('');
  thread: string | null = $state(null);
  #following: AbortController | null = null;

  /** Looks until `stop`, as this person from now on. */
  follow(as: string): void {
    this.stop();
    this.as = as;
    const following = new AbortController();
    this.#following = following;
    void this.#look(as, following.signal);
  }

  stop(): void {
    this.#following?.abort();
  }

  async #look(as: string, signal: AbortSignal): Promise<void> {
    let after = 0;
    while (!signal.aborted) {
      try {
        const response = await fetch(`/demo/slack/api/workspace?as=${as}&after=${after}`, { signal });
        const type = response.headers.get('content-type') ?? '';
        if (!response.ok || !type.startsWith('application/json')) throw new Error('nothing is there');
        const picture = (await response.json()) as DemoSlack;
        this.picture = picture;
        this.problem = null;
        after = picture.version;
        if (this.channel === '') this.channel = picture.channels[0]?.id ?? '';
      } catch {
        if (signal.aborted) return;
        this.problem = 'The stand-in of Slack does not answer: this page works while a demo runs (npm run demo).';
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  }

  /** What Slack's own client would say about it; options of a type-ahead. */
  async do(deed: Deed): Promise<DemoSlackDone> {
    try {
      const response = await fetch('/demo/slack/api/deeds', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...deed, as: this.as }),
      });
      if (!response.ok) throw new Error(String(response.status));
      return (await response.json()) as DemoSlackDone;
    } catch {
      return { problem: 'That did not reach the stand-in of Slack. Try again.' };
    }
  }

  nameOf(user: string): string {
    return this.picture?.users.find(({ id }) => id === user)?.realName ?? user;
  }

  channelName(id: string): string {
    const channel = this.picture?.channels.find((each) => each.id === id);
    return channel?.im == null ? `#${channel?.name ?? id}` : this.nameOf(this.picture?.bot ?? '');
  }

  /** What stands in the channel itself. */
  get posts(): readonly DemoSlackMessage[] {
    const here = (this.picture?.messages ?? []).filter(({ channel }) => channel === this.channel);
    return here.filter(({ threadTs, broadcast }) => threadTs === null || broadcast);
  }

  replies(ts: string): readonly DemoSlackMessage[] {
    return (this.picture?.messages ?? []).filter(
      ({ channel, threadTs }) => channel === this.channel && threadTs === ts,
    );
  }
}
