/** What the system's ssh is told: one configuration file per session, so that a bastion's ssh obeys it as well. Pure. */
import type { OpenSshAddress, OpenSshAuth, SshPlace } from '../contract.ts';
import { pinnedKeyTypes, trustedPins } from './host-key.ts';

/** The names under which ssh is asked for the host and its bastion; a file of the operator matches by `Match host`. */
export const TARGET = 'signalbox-target';
export const JUMP = 'signalbox-jump';

export interface ConfigOptions {
  /** The session's own folder: control socket, host key scripts, and the keys that were shown. */
  readonly folder: string;
  readonly connectTimeoutMs: number;
  readonly keepaliveMs: number;
  readonly keepaliveCount: number;
}

/** First value wins in ssh_config, so the operator's file at the end adds and never weakens. */
export function sshConfig(address: OpenSshAddress, options: ConfigOptions): string {
  const { jump, configFile } = address;
  const { folder } = options;
  return [
    ...block(TARGET, address, options, 'target'),
    `  ControlPath ${quoted(`${folder}/control`)}`,
    '  ClearAllForwardings yes',
    ...(jump ? [`  ProxyJump ${JUMP}`, ...block(JUMP, jump, options, 'jump')] : []),
    'Host *',
    ...ALWAYS,
    ...(configFile === undefined ? [] : [`Include ${quoted(configFile)}`]),
    '',
  ].join('\n');
}

const ALWAYS = [
  'BatchMode yes',
  'StrictHostKeyChecking yes',
  'UserKnownHostsFile /dev/null',
  'GlobalKnownHostsFile /dev/null',
  'UpdateHostKeys no',
  'CheckHostIP no',
  'VerifyHostKeyDNS no',
  'PreferredAuthentications publickey',
  'ConnectionAttempts 1',
  'ForwardAgent no',
  'ForwardX11 no',
  'PermitLocalCommand no',
  'RequestTTY no',
  'EscapeChar none',
  // INFO: a lost peer is named at that level only.
  'LogLevel INFO',
].map((line) => `  ${line}`);

function block(
  name: string,
  place: SshPlace & { readonly auth: OpenSshAuth },
  { folder, connectTimeoutMs, keepaliveMs, keepaliveCount }: ConfigOptions,
  which: 'target' | 'jump',
): string[] {
  const types = pinnedKeyTypes(place.hostKeys);
  return [
    `Host ${name}`,
    `  HostName ${quoted(place.host).replaceAll('%', '%%')}`,
    `  Port ${place.port}`,
    `  User ${quoted(place.user)}`,
    `  KnownHostsCommand /bin/sh ${quoted(`${folder}/${which}-keys`)} %f %H %t %K`,
    // ^: those first, the others still offered, so that a changed key is seen as such.
    ...(types.length > 0 ? [`  HostKeyAlgorithms ^${types.join(',')}`] : []),
    `  ConnectTimeout ${Math.ceil(connectTimeoutMs / 1_000)}`,
    `  ServerAliveInterval ${Math.max(1, Math.round(keepaliveMs / 1_000))}`,
    `  ServerAliveCountMax ${keepaliveCount}`,
    ...identity(place.auth),
  ];
}

function identity(auth: OpenSshAuth): string[] {
  if ('agent' in auth) return [`  IdentityAgent ${quoted(auth.agent)}`];
  return [
    '  IdentityAgent none',
    '  IdentitiesOnly yes',
    `  IdentityFile ${quoted(auth.identityFile).replaceAll('%', '%%')}`,
    ...(auth.certificateFile ? [`  CertificateFile ${quoted(auth.certificateFile).replaceAll('%', '%%')}`] : []),
  ];
}

/** Throws for what no configuration line can hold; contracts keep it out. */
function quoted(value: string): string {
  if (/[\u0000-\u001f\u007f"]/.test(value)) throw new Error(`ssh cannot be given ${JSON.stringify(value)}`);
  return `"${value.replaceAll('\\', '\\\\')}"`;
}

/**
 * The script that ssh asks for the keys of a host (fingerprint, name, type, key): pins may be fingerprints, which known_hosts cannot
 * hold. It also keeps the key that was shown, for a person to compare.
 */
export function hostKeyScript(pins: readonly string[], seenFile: string): string {
  const fingerprints = (of: readonly string[]) => of.filter((pin) => pin.startsWith('SHA256:'));
  const lines = (of: readonly string[]) => of.filter((pin) => !pin.startsWith('SHA256:')).map(keyOf);
  const marked = (mark: string) =>
    pins.filter((pin) => pin.startsWith(mark)).map((pin) => pin.slice(mark.length).trim());
  const trusted = trustedPins(pins).map((pin) => pin.trim());
  const revoked = marked('@revoked ');
  return [
    `[ "$4" = NONE ] || printf '%s %s\\n' "$3" "$4" >${singleQuoted(seenFile)}`,
    ...fingerprints(revoked).map((one) => shownIf(one, `'@revoked %s %s %s\\n'`)),
    ...fingerprints(trusted).map((one) => shownIf(one, `'%s %s %s\\n'`)),
    ...lines(revoked).map((key) => `printf '@revoked %s %s\\n' "$2" ${singleQuoted(key)}`),
    ...lines(marked('@cert-authority ')).map((key) => `printf '@cert-authority %s %s\\n' "$2" ${singleQuoted(key)}`),
    ...lines(trusted).map((key) => `printf '%s %s\\n' "$2" ${singleQuoted(key)}`),
    '',
  ].join('\n');
}

function shownIf(fingerprint: string, format: string): string {
  return `[ "$1" != ${singleQuoted(fingerprint.replace(/=+$/, ''))} ] || printf ${format} "$2" "$3" "$4"`;
}

/** Type and key, without a comment. */
function keyOf(pin: string): string {
  return pin.split(/\s+/).slice(0, 2).join(' ');
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
