/** How a browser proves who it is: the session cookie, the one-time links, and where its requests may come from. */

/**
 * The name of the session cookie. `__Host-` makes browsers refuse it without Secure, with a Domain, or from a subdomain;
 * it works over https only.
 */
export function sessionCookieName(secure: boolean): string {
  return secure ? '__Host-signalbox_session' : 'signalbox_session';
}

/** The name of the cookie in which a paired screen keeps its token. */
export function displayCookieName(secure: boolean): string {
  return secure ? '__Host-signalbox_display' : 'signalbox_display';
}

/** The session's secret in a `Cookie` header, if there is one. */
export function sessionSecretIn(cookieHeader: string | undefined, secure: boolean): string | undefined {
  return valueIn(cookieHeader, sessionCookieName(secure));
}

/** The token of a paired screen in a `Cookie` header, if there is one. */
export function displaySecretIn(cookieHeader: string | undefined, secure: boolean): string | undefined {
  return valueIn(cookieHeader, displayCookieName(secure));
}

function valueIn(cookieHeader: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`;
  return cookieHeader
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(prefix))
    ?.slice(prefix.length);
}

/** The secret stands behind `#`: neither this server, nor a proxy, nor a link preview ever gets to see it. */
export function signInLinkUrl(serverUrl: string, secret: string): string {
  return `${serverUrl}/sign-in#${secret}`;
}

export function setUpLinkUrl(serverUrl: string, secret: string): string {
  return `${serverUrl}/set-up#${secret}`;
}

export function slackLinkUrl(serverUrl: string, code: string): string {
  return `${serverUrl}/link-slack#${code}`;
}

export interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly secFetchSite?: string | undefined;
  readonly host?: string | undefined;
}

/**
 * Whether a browser's request was made by one of our own pages. Without both headers the answer is no: every browser
 * that still gets updates sends one of them with a mutation and with a socket.
 */
export function fromOwnPage({ origin, secFetchSite, host }: OriginHeaders, serverUrl: string | undefined): boolean {
  if (secFetchSite !== undefined) return secFetchSite === 'same-origin';
  if (origin === undefined || !URL.canParse(origin)) return false;
  if (serverUrl !== undefined && new URL(serverUrl).origin === origin) return true;
  return host !== undefined && new URL(origin).host === host;
}
