import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { installPackages, missingPackages } from '../scripts/apt.ts'
import { capture, run } from '../scripts/run.ts'
import { CACHE } from './disks.ts'

/** What others do the same work with, from Debian and Ubuntu. */
const PACKAGES = ['zstd', 'pigz', 'isal', 'buildah', 'umoci', 'qemu-utils', 'docker-registry']

/**
 * Modules of Go's proxy: the program in each. Those whose go.mod replaces others can only be built from their own
 * folder, not by `go install`.
 */
const MODULES = [
  { name: 'crane', module: 'github.com/google/go-containerregistry', version: 'v0.20.6', program: './cmd/crane' },
  { name: 'oras', module: 'oras.land/oras', version: 'v1.2.3', program: './cmd/oras' },
  { name: 'umoci', module: 'github.com/opencontainers/umoci', version: 'v0.6.0', program: './cmd/umoci' },
] as const

/** Their folder stands first on the entries' PATH: Debian's umoci cannot leave a layer uncompressed. */
const PROGRAMS = join(CACHE, 'bin')

export interface Peers {
  /** For PATH. */
  readonly folder: string
  /** Names of those that cannot be had here, with the reason. */
  readonly missing: ReadonlyMap<string, string>
}

/** Installs what is missing. @throws Error when apt fails */
export async function installPeers(): Promise<Peers> {
  const wanted = missingPackages(PACKAGES)
  if (wanted.length > 0) await installPackages(wanted)
  await mkdir(PROGRAMS, { recursive: true })
  const missing = new Map<string, string>()
  for (const each of MODULES) {
    if (existsSync(join(PROGRAMS, each.name))) continue
    try {
      build(each)
    } catch (error) {
      missing.set(each.name, error instanceof Error ? error.message : String(error))
    }
  }
  return { folder: PROGRAMS, missing }
}

function build({ name, module, version, program }: (typeof MODULES)[number]): void {
  process.stderr.write(`builds ${name} ${version}\n`)
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' }
  const { stdout, stderr } = capture('go', ['mod', 'download', '-json', `${module}@${version}`], { env, cwd: CACHE })
  const { Dir: folder } = JSON.parse(stdout || '{}') as { readonly Dir?: string }
  if (folder === undefined) throw new Error(`go has no ${module}@${version}: ${stderr || stdout}`)
  run('go', ['build', '-o', join(PROGRAMS, name), program], { env, cwd: folder })
}
