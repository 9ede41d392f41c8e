import { type Result, ratio, type WorkResults } from './results.ts'
import { PART, WHOLE } from './works.ts'

export interface Verdict {
  readonly text: string
  /** Undefined where a peer is missing. */
  readonly reached: boolean | undefined
  /** One that is tried for, and that no exit code depends on. */
  readonly moonshot: boolean
}

interface TimeGoal {
  readonly goal: string
  readonly work: string
  readonly ours: string
  readonly peer: string
  /** Of our time by the peer's. */
  readonly most: number
  readonly moonshot?: true
}

const TIMES: readonly TimeGoal[] = [
  { goal: 'P1a', work: 'P1a zstd', ours: PART, peer: 'zstd -3 -T0', most: 1.25 },
  { goal: 'P1a', work: 'P1a gzip', ours: PART, peer: 'pigz -1', most: 1.25 },
  { goal: 'P1a', work: 'P1a gzip:6', ours: PART, peer: 'pigz -6', most: 1.25 },
  { goal: 'P1a', work: 'P1a gzip', ours: PART, peer: 'zstd -3 -T0', most: 1.25, moonshot: true },
  { goal: 'P1b', work: 'P1b zstd', ours: PART, peer: 'qemu-img convert, zstd -3 -T0', most: 1.1 },
  { goal: 'P1b', work: 'P1b gzip', ours: PART, peer: 'qemu-img convert, pigz -1', most: 1.1 },
  { goal: 'P1b', work: 'P1b zstd', ours: PART, peer: 'zstd -3 -T0 of the raw disk', most: 1.25, moonshot: true },
  { goal: 'P1b', work: 'P1b gzip', ours: PART, peer: 'pigz -1 of the raw disk', most: 1.25, moonshot: true },
  { goal: 'P2', work: 'P2', ours: `${WHOLE}, zstd`, peer: "KIWI's oci:", most: 1 / 20 },
  { goal: 'P2', work: 'P2', ours: `${WHOLE}, zstd`, peer: "KIWI's oci: without xz", most: 1 / 4 },
  { goal: 'P2', work: 'P2', ours: `${WHOLE}, zstd`, peer: 'buildah, zstd', most: 1 / 2 },
  { goal: 'P2', work: 'P2', ours: `${WHOLE}, gzip`, peer: "KIWI's oci:", most: 1 / 10 },
  { goal: 'P2', work: 'P2', ours: `${WHOLE}, gzip`, peer: "KIWI's oci: without xz", most: 1 / 2 },
  { goal: 'P2', work: 'P2', ours: `${WHOLE}, gzip`, peer: 'buildah, gzip', most: 1 / 1.5 },
  { goal: 'P2', work: 'P2 none', ours: PART, peer: 'umoci insert --compress none', most: 1 },
  { goal: 'P2', work: 'P2 none', ours: PART, peer: 'tar, crane append (gzip)', most: 1 },
  { goal: 'P2', work: 'P2 none', ours: PART, peer: 'oras push (no tar)', most: 1 },
]

const MEMORY_BYTES = 200e6
/** Extra space by the size of the image. */
const SPACE = 1.1
/** Our layer by KIWI's. */
const SIZE = 1.05

/** What was reached, of the works that were measured. */
export function verdicts(all: readonly WorkResults[]): readonly Verdict[] {
  return [...TIMES.flatMap((goal) => timeVerdict(goal, all)), ...sizeVerdicts(all), ...all.flatMap(ownVerdicts)]
}

function find(all: readonly WorkResults[], work: string, name: string): Result | undefined {
  return all.find((each) => each.work.name === work)?.results.find((each) => each.name === name)
}

function timeVerdict(goal: TimeGoal, all: readonly WorkResults[]): readonly Verdict[] {
  if (!all.some(({ work }) => work.name === goal.work)) return []
  const [ours, peer] = [goal.ours, goal.peer].map((name) => find(all, goal.work, name))
  const moonshot = goal.moonshot === true
  const about = `${goal.goal} ${goal.work.replace(`${goal.goal} `, '')}: ${goal.ours} by ${goal.peer}`
  if (!ours || !peer) return [{ text: `${about}: not measured`, reached: undefined, moonshot }]
  const found = ratio(ours, peer)
  const text = `${about}: ${found.toFixed(3)}, at most ${goal.most.toFixed(3)}`
  return [{ text, reached: found <= goal.most, moonshot }]
}

function sizeVerdicts(all: readonly WorkResults[]): readonly Verdict[] {
  const ours = find(all, 'P2', `${WHOLE}, gzip`)
  const kiwi = find(all, 'P2', "KIWI's oci: without xz")
  if (!ours || !kiwi) return []
  const found = ours.sized.sizeBytes / kiwi.sized.sizeBytes
  const text = `P1a: size of the gzip image by KIWI's: ${found.toFixed(3)}, at most ${SIZE}`
  return [{ text, reached: found <= SIZE, moonshot: true }]
}

/** Memory and space, of every run of the command line. */
function ownVerdicts({ work, results }: WorkResults): readonly Verdict[] {
  return results
    .filter(({ name }) => name.startsWith(WHOLE))
    .flatMap(({ name, sized: { memoryBytes, spaceBytes, sizeBytes } }) => {
      const memory = `P3 ${work.name}: ${name}: ${megabytes(memoryBytes)} MB of memory, at most ${megabytes(MEMORY_BYTES)}`
      // The clusters that qemu-img compresses for a layer that is not are a file: the disk's converted form.
      const converted = name.endsWith('none') && work.name !== 'P2 none' ? sizeBytes : 0
      const mostBytes = SPACE * sizeBytes + converted
      const space = `P4 ${work.name}: ${name}: ${megabytes(spaceBytes)} MB of space, at most ${megabytes(mostBytes)}`
      return [
        { text: memory, reached: memoryBytes <= MEMORY_BYTES, moonshot: false },
        { text: space, reached: spaceBytes <= mostBytes, moonshot: false },
      ]
    })
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
