import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { describe, expect, test } from 'vitest';
import { faultOf } from '../../../bot/render/fault.ts';

const said = (error: string, more = {}) => new WebAPIPlatformError({ ok: false, error, ...more });
const broke = (code: string) => new WebAPIRequestError(Object.assign(new Error(`it ended with ${code}`), { code }));

describe('what a failed call to Slack means', () => {
  test.each([
    ['429', new WebAPIRateLimitedError(17), { kind: 'limited', retryAfterMs: 17_000 }],
    ['HTTP 503', new WebAPIHTTPError(503, 'unavailable', {}), { kind: 'away', sent: true }],
    ['a refused connection', broke('ECONNREFUSED'), { kind: 'away', sent: false }],
    ['a connection that broke', broke('ECONNRESET'), { kind: 'away', sent: true }],
    ['a call that took too long', broke('ETIMEDOUT'), { kind: 'away', sent: true }],
    ['a token that is worth nothing', said('token_revoked'), { kind: 'away', sent: false }],
    ['a message that is gone', said('message_not_found'), { kind: 'gone' }],
    ['a thread that is gone', said('thread_not_found'), { kind: 'parent_gone' }],
    ['a channel without the bot', said('not_in_channel'), { kind: 'refused', problem: { code: 'not_in_channel' } }],
    ['a message with a mistake', said('invalid_blocks'), { kind: 'refused', problem: { code: 'invalid_blocks' } }],
    ['a missing scope', said('missing_scope', { needed: 'files:write' }), { kind: 'no_scope' }],
  ])('%s', (_what, error, fault) => {
    expect(faultOf(error)).toMatchObject(fault);
  });

  test('names the scope that is missing, and the channel that the bot is to be invited to', () => {
    expect(faultOf(said('missing_scope', { needed: 'files:write' }))).toMatchObject({
      problem: { sentence: expect.stringContaining('files:write') as string },
    });
    expect(faultOf(said('not_in_channel'))).toMatchObject({
      problem: { sentence: expect.stringContaining('Invite it there') as string },
    });
  });
});
