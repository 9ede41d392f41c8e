import type { Answer } from './listener.ts'

/** What of a registry's answers may name another host; `realm` is where logins are checked. */
export const REDIRECTED = [
  'realm',
  // Node joins headers of one name, skopeo looks at each.
  'realm behind another scheme',
  'ping',
  'HEAD blob',
  'POST blob',
  'PUT manifest',
  'GET manifest',
  'GET config',
] as const

const JSON_TYPE = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: JSON_TYPE['content-type'],
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${'1'.repeat(64)}`, size: 2 },
  layers: [],
})

/** A registry that wants a login, takes it, and sends whoever asks one kind of question to another host. */
export function redirecting(kind: (typeof REDIRECTED)[number], scheme: 'Basic' | 'Bearer', other: string): Answer {
  return (asked, answer, address) => {
    const { method, url = '' } = asked
    const redirect = () => answer.writeHead(307, { location: `http://${other}${url}` }).end()
    const realm = kind.startsWith('realm') ? other : address
    const own = scheme === 'Basic' ? 'Basic realm="x"' : `Bearer realm="http://${realm}/token"`
    const wanted = kind === 'realm behind another scheme' ? ['Negotiate', own] : own
    if (url.startsWith('/token')) return answer.end(JSON.stringify({ token: 'a-token-1' }))
    if (kind === 'ping' && url === '/v2/' && (asked.headers.authorization || scheme === 'Bearer')) return redirect()
    if (!asked.headers.authorization) return answer.writeHead(401, { 'www-authenticate': wanted }).end()
    if (url === '/v2/') return answer.writeHead(200).end()
    if (url.includes('/manifests/')) {
      if (method === kind.split(' ')[0] && kind.endsWith('manifest')) return redirect()
      return method === 'PUT' ? answer.writeHead(201).end() : answer.writeHead(200, JSON_TYPE).end(manifest)
    }
    if (method === 'GET') return redirect()
    if (`${method} blob` === kind) return redirect()
    if (method === 'HEAD') return answer.writeHead(404).end()
    if (method === 'POST' || method === 'PATCH') {
      return answer.writeHead(202, { location: '/v2/acme/a/blobs/uploads/1', range: '0-0' }).end()
    }
    return answer.writeHead(201).end()
  }
}
