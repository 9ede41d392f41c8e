import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folderDifferences } from '../../../scripts/check-dist.ts'
import { documentedReadme } from '../../../scripts/docs.ts'
import { closingLine, tallyOf, total } from '../../../scripts/tally.ts'

const README = `# x
<!-- inputs:start -->
old
<!-- inputs:end -->
between
<!-- outputs:start -->
<!-- outputs:end -->
`

describe('the tables of the README', () => {
  it('come from action.yml', () => {
    const manifest = `inputs:
  format:
    description: >-
      \`qcow2\` | \`raw\`,
      as KIWI says
    default: gzip
  push: { description: Pushes., default: false }
  disk: { description: A disk. }
outputs:
  digest: { description: The digest. }
`
    expect(documentedReadme(README, manifest)).toBe(`# x
<!-- inputs:start -->
| Input | Meaning | Default |
| --- | --- | --- |
| \`format\` | \`qcow2\` \\| \`raw\`, as KIWI says | \`gzip\` |
| \`push\` | Pushes. | \`false\` |
| \`disk\` | A disk. | |
<!-- inputs:end -->
between
<!-- outputs:start -->
| Output | Meaning |
| --- | --- |
| \`digest\` | The digest. |
<!-- outputs:end -->
`)
  })

  it('stay as they are when they are written again', () => {
    const manifest = 'inputs: { a: { description: A. } }\noutputs: { b: { description: B. } }\n'
    const once = documentedReadme(README, manifest)
    expect(documentedReadme(once, manifest)).toBe(once)
  })

  it('need a description of everything', () => {
    expect(() => documentedReadme(README, 'inputs: { a: { description: A. }, c: }\noutputs: { b: {} }\n')).toThrow(
      'action.yml: no description for c, b',
    )
  })

  it('need their place in the README', () => {
    expect(() => documentedReadme('# x\n', 'inputs: {}\n')).toThrow('<!-- inputs:start -->')
  })
})

describe('the closing line of npm test', () => {
  const report = (...files: readonly (readonly [string, ...string[]])[]) =>
    JSON.stringify({
      success: true,
      testResults: files.map(([status, ...tests], index) => ({
        name: `file ${index}`,
        status,
        assertionResults: tests.map((result) => ({ fullName: `a ${result} test`, status: result })),
      })),
    })

  it('counts what passed and what failed', () => {
    const tally = tallyOf(report(['passed', 'passed', 'passed'], ['failed', 'passed', 'failed']), 1)
    expect(closingLine(tally)).toBe('3 passed, 1 failed')
  })

  it('counts a skipped or planned test as failed and names it', () => {
    const tally = tallyOf(report(['passed', 'passed', 'skipped', 'todo']), 0)
    expect(tally).toEqual({ passed: 1, failed: 2, notRun: ['a skipped test', 'a todo test'] })
  })

  it('counts a file that could not be loaded', () => {
    expect(tallyOf(report(['failed'], ['passed', 'passed']), 1)).toEqual({ passed: 1, failed: 1, notRun: [] })
  })

  it('counts a failure that belongs to no test, and a run without tests', () => {
    expect(tallyOf(report(['passed', 'passed']), 1).failed).toBe(1)
    expect(tallyOf(report(), 0).failed).toBe(1)
    expect(tallyOf(undefined, 0).failed).toBe(1)
  })

  it('adds up several runs', () => {
    const sum = total([
      { passed: 2, failed: 0, notRun: [] },
      { passed: 3, failed: 1, notRun: ['x'] },
    ])
    expect(closingLine(sum)).toBe('5 passed, 1 failed')
  })
})

describe('the comparison of dist', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-dist-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const written = async (name: string, files: Readonly<Record<string, string>>) => {
    await mkdir(join(folder, name))
    for (const [path, text] of Object.entries(files)) await writeFile(join(folder, name, path), text)
    return join(folder, name)
  }

  it('finds nothing where nothing differs', async () => {
    const files = { 'cli.js': 'a', 'plan.js': 'b' }
    expect(await folderDifferences(await written('old', files), await written('new', files))).toEqual([])
  })

  it('names what is stale, changed, missing or not executable', async () => {
    const old = await written('old', { 'gone.js': '', 'plan.js': 'old', 'cli.js': 'same' })
    const rebuilt = await written('new', { 'cli.js': 'same', 'plan.js': 'new', 'setup.js': '' })
    await chmod(join(rebuilt, 'cli.js'), 0o755)
    expect(await folderDifferences(old, rebuilt)).toEqual([
      'dist/gone.js belongs to no entry',
      'dist/cli.js is executable in only one of the two',
      'dist/plan.js is not what src/ builds',
      'dist/setup.js is missing',
    ])
  })

  it('calls every file missing where there is no dist', async () => {
    const rebuilt = await written('new', { 'cli.js': '' })
    expect(await folderDifferences(join(folder, 'nothing'), rebuilt)).toEqual(['dist/cli.js is missing'])
  })
})
