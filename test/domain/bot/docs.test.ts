import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandsPage } from '../../../bot/grammar/docs.ts';

test('docs/slack-commands.md says what the specification says', async () => {
  const page = join(import.meta.dirname, '../../../docs/slack-commands.md');
  await expect(commandsPage('/release')).toMatchFileSnapshot(page);
});
