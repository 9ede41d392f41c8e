/** An address without user and password, which its authority may hold (RFC 3986, 3.2.1): for logs and messages. */
export function shownUri(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, '$1//')
}

/**
 * What fetch takes for an address that holds user and password: it refuses them in the address itself, and wants them as
 * basic authorization (RFC 7617).
 */
export function authorizedFetch(uri: string, signal: AbortSignal): Promise<Response> {
  const url = new URL(uri)
  const { username, password } = url
  if (username === '' && password === '') return fetch(url, { signal })
  url.username = ''
  url.password = ''
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  return fetch(url, { signal, headers: { authorization: `Basic ${login}` } })
}
