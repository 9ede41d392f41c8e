/** An address without user and password, which its authority may hold (RFC 3986, 3.2.1): for logs and messages. */
export function shownUri(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, '$1//')
}
