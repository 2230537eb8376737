/** What somebody does there to install a release, by the method of the environment: as its portal says it. */
export interface Instruction {
  readonly text: string;
  /** A command to copy. */
  readonly command?: string;
}

export interface InstructionsFor {
  readonly method: string;
  readonly product: string;
  readonly channel: string;
  readonly artifact: 'package' | 'chart';
  /** The newest that may be deployed; null: none. */
  readonly version: string | null;
  /** Of this server, without a path. */
  readonly origin: string;
}

/** Steps in their order. */
export function installInstructions(given: InstructionsFor): Instruction[] {
  const { version } = given;
  if (version === null) return [{ text: 'There is no release to install now.' }];
  return (STEPS[given.method] ?? packageSteps)(given, version);
}

type Steps = (given: InstructionsFor, version: string) => Instruction[];

const chartSteps: Steps = ({ product, channel, origin }, version) => [
  {
    text: 'Add the repository once, with the token of this client as the password.',
    command: `helm repo add ${product} ${origin}/helm/${product}/${channel} --username client --password TOKEN`,
  },
  { text: 'Look for releases.', command: 'helm repo update' },
  {
    text: 'Install or upgrade.',
    command: `helm upgrade --install ${product} ${product}/${product} --version ${version}`,
  },
];

const packageSteps: Steps = ({ product, channel, origin }, version) => [
  {
    text: 'Fetch the artifact with the token of this client.',
    command: `curl -fH "Authorization: Bearer TOKEN" -O ${origin}/api/v1/feed/${product}/${channel}/releases/${version}/artifact`,
  },
  { text: 'Compare its SHA-256 with the one above, then install it.' },
];

const adminConsoleSteps: Steps = ({ product, artifact }, version) => [
  { text: 'Open the Admin Console and choose Version history.' },
  { text: `Check for update; ${version} is downloaded when it is new there.` },
  { text: `Deploy ${product} ${version}${artifact === 'chart' ? ', a Helm chart' : ''}.` },
];

const STEPS: Readonly<Record<string, Steps>> = {
  helm: (given, version) => (given.artifact === 'chart' ? chartSteps : packageSteps)(given, version),
  kots: adminConsoleSteps,
  kurl: adminConsoleSteps,
  'embedded-cluster': (_given, version) => [
    { text: 'Open the installer’s console and check for updates: it lists the releases and downloads none of them.' },
    { text: `Choose ${version} and deploy it: it is fetched then.` },
  ],
  managed: ({ product }, version) => [
    { text: `Signalbox installs it: choose Install beside ${product} ${version} on the page Releases.` },
  ],
};
