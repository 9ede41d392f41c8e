import { type Action, type Fault, isPassing, type Often, type RequestKind } from './fault.ts'
import { times } from './tried.ts'

/** What of the product meets the fault. */
export type Subject = 'push' | 'fetch' | 'merge' | 'login'

export interface FaultCase extends Fault {
  readonly subject: Subject
  /** How it has to end; `either` where what comes can be told from nothing that is right. */
  readonly ends: 'well' | 'refused' | 'either'
}

const READS: readonly RequestKind[] = ['PING', 'TOKEN', 'GET manifest', 'GET blob']
const WRITES: readonly RequestKind[] = ['HEAD blob', 'POST', 'PATCH', 'PUT blob', 'PUT manifest']
/** What each subject asks for. */
const KINDS: Readonly<Record<Subject, readonly RequestKind[]>> = {
  push: ['PING', 'TOKEN', ...WRITES, 'GET manifest'],
  fetch: READS,
  merge: ['PING', 'TOKEN', 'GET manifest', 'PUT manifest'],
  login: ['PING', 'TOKEN'],
}

const ANYWHERE: readonly Action[] = [
  'status:408',
  'status:429:0',
  'status:500',
  'status:502',
  'status:503:0',
  'status:504',
  'html:502',
  'reset',
  'fin',
]
const FINAL: readonly Action[] = ['status:400', 'status:403', 'status:404', 'status:413', 'html', 'redirect']
/** Where another action has a meaning. */
const SOMEWHERE: readonly (readonly [action: Action, kinds: readonly RequestKind[]])[] = [
  ['stall', [...READS, ...WRITES]],
  ['cut', ['TOKEN', 'GET manifest', 'GET blob']],
  ['trickle', ['GET manifest', 'GET blob']],
  ['flip', ['PATCH', 'PUT manifest', 'GET manifest', 'GET blob']],
  ['truncate', ['PATCH', 'GET manifest', 'GET blob']],
  ['lie', [...WRITES]],
  ['commit-then-fail', WRITES.slice(1)],
  ['commit-then-reset', WRITES.slice(1)],
  ['expire-token', [...WRITES, 'GET blob']],
]

/** Every legal case; in the narrow form as many as are promised, spread over all. */
export function faultCases(): readonly FaultCase[] {
  const all = (Object.keys(KINDS) as Subject[]).flatMap((subject) =>
    KINDS[subject].flatMap((kind) => of(subject, kind)),
  )
  const kept = times(260, all.length)
  return all.filter((_, at) => Math.floor(((at + 1) * kept) / all.length) > Math.floor((at * kept) / all.length))
}

function of(subject: Subject, kind: RequestKind): readonly FaultCase[] {
  const some = SOMEWHERE.filter(([, kinds]) => kinds.includes(kind)).map(([action]) => action)
  return [...ANYWHERE, ...some, ...FINAL].flatMap((action) =>
    oftens(subject, kind, action).map((often) => {
      const fault = { kind, action, often }
      return { subject, ...fault, ends: endOf(subject, fault) }
    }),
  )
}

function oftens(subject: Subject, kind: RequestKind, action: Action): readonly Often[] {
  if (!isPassing(action)) return ['once', 'always']
  // One login and one config come once; what a push writes comes more than once.
  const hasSecond = subject === 'push' && ['PING', 'HEAD blob', 'POST', 'PATCH', 'PUT blob'].includes(kind)
  return ['once', 'twice', ...(hasSecond ? (['second'] as const) : []), 'always']
}

function endOf(subject: Subject, { kind, often, action }: Fault): FaultCase['ends'] {
  const isWritten = kind === 'PUT manifest'
  if (action === 'trickle') return 'well'
  if (isPassing(action)) {
    // What got through is there at the next try, one blob after another.
    const stays = (isWritten || kind === 'PUT blob') && action.startsWith('commit-')
    if (often !== 'always' || stays) return 'well'
    return 'refused'
  }
  if (action === 'lie' && isWritten) return 'refused'
  if (['flip', 'truncate'].includes(action) && often === 'once' && kind === 'PATCH') return 'well'
  if (
    ['flip', 'truncate', 'lie'].includes(action) &&
    often === 'once' &&
    kind === 'GET manifest' &&
    subject === 'push'
  ) {
    return 'well'
  }
  if (action === 'status:403' && often === 'always' && kind !== 'HEAD blob') return 'refused'
  return 'either'
}
