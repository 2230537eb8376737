/** What an attempt's end and a refusal mean, for people: action, cause, next step. */
import type { AttemptPlan, RefusalCode } from './contract.ts';
import type { FinalCode, FinalLine } from './protocol.ts';

interface Meaning {
  readonly cause: string;
  readonly next: string;
}

const MEANINGS = {
  done: { cause: 'done', next: '' },
  already_current: { cause: 'the host already runs that very artifact', next: '' },
  cancelled: { cause: 'cancelled before the switch', next: 'Nothing was switched; install again when it suits.' },
  lost: {
    cause: 'a hook was begun and nobody knows how it ended',
    next: 'Look at the host, then start again with the hook run once more, or roll back.',
  },
  no_space: { cause: 'the disk is full', next: 'Make room on the host and retry.' },
  size_mismatch: {
    cause: 'the package on the host has the wrong size',
    next: 'Retry; if it happens again, check the line and the disk.',
  },
  digest_mismatch: {
    cause: 'the digest does not agree',
    next: 'Do not retry before the package on the server has been verified again.',
  },
  not_an_archive: { cause: 'the package is no readable .tar.gz', next: 'Build and publish it anew.' },
  unsafe_path: { cause: 'the package has a path that leaves its folder', next: 'Do not trust it; ask who built it.' },
  unsafe_link: { cause: 'the package has a link that leaves its folder', next: 'Do not trust it; ask who built it.' },
  hard_link: { cause: 'the package has a hard link', next: 'Build it without (tar --hard-dereference).' },
  special_file: { cause: 'the package has a device, pipe or socket', next: 'Do not trust it; ask who built it.' },
  too_large: {
    cause: 'the package unpacks beyond the limit',
    next: 'Make it smaller or raise the limit of the product.',
  },
  too_many_entries: {
    cause: 'the package has too many entries',
    next: 'Make it smaller or raise the limit of the product.',
  },
  unpack_failed: { cause: 'the package could not be unpacked', next: 'See the detail, then retry.' },
  hook_failed: { cause: 'the hook failed', next: 'Read its log, correct the release or the host, then retry.' },
  hook_timeout: {
    cause: 'the hook ran into its timeout and was stopped',
    next: 'Read its log; raise the timeout in release.json if it needs longer.',
  },
  hook_not_executable: {
    cause: 'the hook is not an executable file',
    next: 'Build the package with mode 0755 for its hooks.',
  },
  activate_failed: { cause: 'the switch failed', next: 'Look at the link `current` on the host, then retry.' },
  restore_failed: { cause: 'the way back failed', next: 'Look at the host at once.' },
} satisfies Record<FinalCode, Meaning>;

const RESTORED = {
  none: '',
  restored: ' The host is back on what was current.',
  removed: ' Nothing was current before; the link is gone again.',
  left: ' The new release was left in place, as the plan says.',
  failed: ' The way back failed too.',
} satisfies Record<FinalLine['restore'], string>;

/** `install of 4.2.1 failed at post-install: the hook failed (exit code 3). …` */
export function finalSentence(plan: Pick<AttemptPlan, 'kind' | 'version'>, final: FinalLine): string {
  const { cause, next } = MEANINGS[final.code];
  const detail = final.detail ? ` (${final.detail})` : '';
  const step = final.step ? ` at ${final.step}` : '';
  return `${plan.kind} of ${plan.version} ${final.outcome}${step}: ${cause}${detail}.${RESTORED[final.restore]} ${next}`.trimEnd();
}

/** What went wrong and nothing else, for a screen that is read from five metres: `post-install: the hook failed (exit code 3)`. */
export function finalCause({ code, step, detail }: FinalLine): string {
  return `${step ? `${step}: ` : ''}${MEANINGS[code].cause}${detail ? ` (${detail})` : ''}`;
}

const REFUSALS: Partial<Record<RefusalCode, Meaning>> = {
  fence_stale: {
    cause: 'a newer worker owns the host',
    next: "This one has to let go. If the server's database was restored from a backup, remove the lock file of the product on the host.",
  },
  busy: { cause: 'another attempt is at work there', next: 'Wait for its end, or attach to it.' },
  missing_tools: { cause: 'the host lacks tools', next: 'Install coreutils, util-linux, tar, gzip, or busybox.' },
  bad_root: { cause: 'its root folder cannot be used', next: 'Correct the root folder of the host, or its owner.' },
};

export function refusalSentence(code: RefusalCode, detail: string, owner: { fence: number; attempt: string }): string {
  const meaning = REFUSALS[code];
  const who = owner.attempt ? `; owner: attempt ${owner.attempt}, fence ${owner.fence}` : '';
  return `the host refused (${code}): ${meaning?.cause ?? code}${detail ? ` (${detail})` : ''}${who}. ${meaning?.next ?? ''}`.trimEnd();
}
