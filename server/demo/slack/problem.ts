import type { Json } from './workspace.ts';

/** One of Slack's own errors: the answer is `{ ok: false, error }` with status 200. */
export class SlackProblem extends Error {
  readonly answer: Json;

  constructor(error: string, more: object = {}) {
    super(error);
    this.answer = { ...more, ok: false, error };
  }
}

/** With the details that Slack's linter gives: each names its place by a JSON pointer. */
export function invalid(error: string, details: string): SlackProblem {
  return new SlackProblem(error, {
    errors: [details],
    response_metadata: { messages: [`[ERROR] ${details}`] },
  });
}
