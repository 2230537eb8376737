/** Imports go one way. Each rule says what breaks otherwise. */
const server = (folder) => `^server/${folder}/`;
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: {
    pathNot: [...allowed, '^node_modules', '^node:'],
    path: '^(server|db|bot|dashboard|test)/',
    dependencyTypesNot: ['core'],
  },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two modules that need each other are one module, or lack a third.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only(
      'domain-is-pure',
      server('domain'),
      [server('domain')],
      'Rules that import I/O can neither be proven nor replayed.',
    ),
    {
      name: 'domain-without-packages',
      severity: 'error',
      comment: 'The domain runs in the browser, in tests over weeks and in every process: it brings nothing along.',
      from: { path: server('domain') },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'] },
    },
    only(
      'contracts-are-browser-safe',
      server('contracts'),
      [server('contracts'), server('domain')],
      'Dashboard, CLI and server share contracts; what they import ends up in the browser.',
    ),
    only(
      'db-knows-no-services',
      '^db/',
      ['^db/', server('domain'), server('contracts')],
      'Queries answer questions; what follows from the answer is a service or a rule.',
    ),
    only(
      'services-know-no-transport',
      server('services'),
      [server('services'), server('domain'), server('contracts'), '^db/', '^server/queue/enqueue', '^server/config'],
      'Every surface calls the same verbs: a verb that knows a surface is not the same for another.',
    ),
    only(
      'hosts-and-feeds-know-no-services',
      '^server/(hosts|feeds)/',
      ['^server/(hosts|feeds)/', server('domain'), server('contracts')],
      'Drivers and feeds are I/O with a contract; the worker brings them and the services together.',
    ),
    only(
      'bot-parses-and-calls',
      '^bot/',
      ['^bot/', server('services'), server('contracts'), server('domain'), '^server/config'],
      'Slack and the console differ in words, never in rules: the bot calls the same verbs.',
    ),
    {
      name: 'bot-is-composed-in-main',
      severity: 'error',
      comment: 'Slack is a transport like the others. The CLI prints its manifest and looks for what is wrong with it.',
      from: { path: '^server/', pathNot: ['^server/main', '^server/demo/', '^server/cli/commands/'] },
      to: { path: '^bot/' },
    },
    {
      name: 'cli-does-not-run-the-bot',
      severity: 'error',
      comment: 'A command line that loads Bolt takes a second longer, and two bots would answer everything twice.',
      from: { path: '^server/cli/' },
      to: { path: '^bot/', pathNot: ['^bot/(manifest|doctor)\\.ts'] },
    },
    only(
      'http-does-not-know-other-transports',
      server('http'),
      [server('http'), server('services'), server('contracts'), server('domain'), '^server/config'],
      'A route parses and calls.',
    ),
    only(
      'live-reads-the-log',
      server('live'),
      [server('live'), server('services'), server('contracts'), server('domain'), '^db/', '^server/config'],
      'The live feed follows the log itself; it decides nothing.',
    ),
    only(
      'workers-do-io-and-call-services',
      '^server/(worker|clock)/',
      ['^server/(worker|clock|hosts|feeds|services|contracts|domain|queue)/', '^server/config', '^db/session-lock'],
      'What a worker learns becomes true only by a service verb.',
    ),
    only(
      'dashboard-knows-contracts-and-domain',
      '^dashboard/',
      ['^dashboard/', server('contracts'), server('domain')],
      'The browser shares the rules and the shapes, never the server.',
    ),
    {
      name: 'sql-stays-in-db',
      severity: 'error',
      comment: 'All SQL can be reviewed in one folder.',
      from: { path: '^(server|bot|dashboard)/', pathNot: ['^server/queue/boss'] },
      to: { path: '^node_modules/(drizzle-orm|postgres|pg)/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^dashboard/dist|^db/migrations)' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'svelte', 'types'],
    },
  },
};
