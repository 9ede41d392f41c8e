import type { IncomingMessage } from 'node:http'

/** What of the distribution protocol a request is; TOKEN asks the place that a challenge names. */
export type RequestKind =
  | 'PING'
  | 'TOKEN'
  | 'HEAD blob'
  | 'GET blob'
  | 'POST'
  | 'PATCH'
  | 'PUT blob'
  | 'PUT manifest'
  | 'GET manifest'

/** `status:NNN` may be followed by `:RETRY-AFTER`. */
export type Action =
  | `status:${number}`
  | `status:${number}:${number}`
  | 'html'
  | 'html:502'
  | 'reset'
  | 'fin'
  | 'cut'
  | 'stall'
  | 'trickle'
  | 'flip'
  | 'truncate'
  | 'lie'
  | 'commit-then-fail'
  | 'commit-then-reset'
  | 'redirect'
  | 'expire-token'

/** Which requests of the kind: the first, the first and the second, the second alone, all of them. */
export type Often = 'once' | 'twice' | 'second' | 'always'

export interface Fault {
  readonly kind: RequestKind
  readonly often: Often
  readonly action: Action
}

/** @param nth of its kind, from 1 */
export function isHit({ often }: Fault, nth: number): boolean {
  return { once: nth === 1, twice: nth <= 2, second: nth === 2, always: true }[often]
}

export function kindOf({ method, url = '/' }: IncomingMessage): RequestKind | undefined {
  const path = url.split('?')[0] ?? url
  if (path === '/token') return 'TOKEN'
  if (path === '/v2/') return 'PING'
  if (path.includes('/blobs/uploads/')) {
    if (method === 'POST' || method === 'PATCH') return method
    return method === 'PUT' ? 'PUT blob' : undefined
  }
  if (path.includes('/blobs/')) return method === 'HEAD' ? 'HEAD blob' : 'GET blob'
  if (!path.includes('/manifests/')) return undefined
  return method === 'PUT' ? 'PUT manifest' : 'GET manifest'
}

/** What passes by itself when it is tried again; promise 7 of the reliability research. */
export function isPassing(action: Action): boolean {
  return /^(?:status:(?:408|429|5\d\d)|html:502|reset|fin|cut|stall|expire-token|commit-then-)/.test(action)
}
