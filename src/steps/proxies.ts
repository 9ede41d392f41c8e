import http from 'node:http'

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy']

/** The variables that say which proxy programs take, in both spellings. */
export function proxyVariables(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const names = PROXY_VARIABLES.flatMap((name) => [name, name.toUpperCase()])
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])))
}

/**
 * Node asks mirrors directly unless it is told to take the proxy that all other programs take. They take `host:port` too,
 * and proxies of other protocols, at which Node would end with an error that quotes the address, its password among it.
 */
export function takeProxies(proxies: Readonly<Record<string, string>>): void {
  if (!('setGlobalProxyFromEnv' in http)) return
  const usable = Object.entries(proxies).flatMap(([name, text]) => {
    if (/^(no|all|ftp)_/i.test(name)) return [[name, text] as const]
    const address = text.includes('://') ? text : `http://${text}`
    return URL.canParse(address) && /^https?:/i.test(address) ? [[name, address] as const] : []
  })
  if (!usable.some(([name]) => /^https?_proxy$/i.test(name))) return
  try {
    http.setGlobalProxyFromEnv(Object.fromEntries(usable))
  } catch {
    // A password with a stray %, which Node does not decode: who cannot be asked then is named by what asks.
  }
}
