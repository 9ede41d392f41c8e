import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../../support/tools.ts'
import { actionManifests, filesLike, textOf, trackedFiles } from './tree.ts'

const WORKFLOWS = filesLike(/^(\.github|examples)\/workflows\/[^/]+\.ya?ml$/)
const ACTIONS = filesLike(/(^|\/)action\.ya?ml$/)
/** What users are shown of this repository, under a name that stands for its owner's. */
const OURS = /^OWNER\/kiwi-oci(\/setup|\/merge|\/\.github\/workflows\/build\.yml)?@v1$/

/** Every `uses:` line, with the file it stands in. */
function usesLines(): readonly { readonly path: string; readonly reference: string; readonly comment: string }[] {
  return [...WORKFLOWS, ...ACTIONS].flatMap((path) =>
    [...textOf(path).matchAll(/^\s*(?:- +)?uses:\s*['"]?([^\s'"#]+)['"]?[ \t]*(#.*)?$/gm)].map((match) => ({
      path,
      reference: match[1] ?? '',
      comment: match[2] ?? '',
    })),
  )
}

describe('what we use of others', () => {
  it('is pinned by a full SHA with the version beside it', () => {
    const wrong = usesLines()
      .filter(({ reference }) => !reference.startsWith('$/') && !reference.startsWith('./'))
      .filter(({ path, reference }) => !(path.startsWith('examples/') && OURS.test(reference)))
      .filter(({ reference, comment }) => !/@[0-9a-f]{40}$/.test(reference) || !/^# v\d+\.\d+\.\d+$/.test(comment))
    expect(wrong).toEqual([])
  })

  it('has one SHA for each version', () => {
    const pins = new Map<string, Set<string>>()
    for (const { reference, comment } of usesLines().filter((line) => line.comment !== '')) {
      const [name = '', sha = ''] = reference.split('@')
      const key = `${name} ${comment}`
      pins.set(key, (pins.get(key) ?? new Set()).add(sha))
    }
    expect([...pins].filter(([, shas]) => shas.size > 1).map(([name]) => name)).toEqual([])
  })

  it('is shown in examples that use the action as a user does', () => {
    const examples = WORKFLOWS.filter((path) => path.startsWith('examples/'))
    expect(examples.length).toBeGreaterThan(0)
    const used = usesLines().filter(({ path, reference }) => path.startsWith('examples/') && OURS.test(reference))
    expect(examples.filter((path) => !used.some((line) => line.path === path))).toEqual([])
  })

  it('has exact versions in package.json', () => {
    const manifest = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>
    const all = { ...manifest['dependencies'], ...manifest['devDependencies'] }
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})

describe('the files of the repository', () => {
  it('have links only to what is in the repository: runners copy it following links', () => {
    const wrong = trackedFiles()
      .filter((file) => file.mode === '120000')
      .map((file) => join(repositoryRoot, file.path))
      .filter((path) => !existsSync(path) || !realpathSync(path).startsWith(`${realpathSync(repositoryRoot)}/`))
      .map((path) => `${path} -> ${readlinkSync(path)}`)
    expect(wrong).toEqual([])
  })

  it('name neither the package mirrors of one machine nor its folders', () => {
    const words = [
      ['deb', 'debian', 'org'].join('.'),
      ['registry', 'npmjs', 'org'].join('.'),
      ['pypi', 'org'].join('.'),
      ['proxy', 'golang', 'org'].join('.'),
      ['node', 'source'].join(''),
      ...['main', 'shared', '.library', '.mirror'].map((folder) => ['', 'work', folder].join('/')),
    ]
    const found = trackedFiles()
      .filter((file) => file.mode !== '120000')
      .flatMap(({ path }) => {
        const text = readFileSync(join(repositoryRoot, path), 'latin1')
        return words.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`)
      })
    expect(found).toEqual([])
  })

  it('have one KIWI in the action and in the code', async () => {
    const { PINNED_VERSION } = await import('../../../src/kiwi/version.ts')
    const stated = actionManifests().get('action.yml')?.inputs?.['kiwi-version']
    const said = `${stated?.default ?? ''} ${stated?.description ?? ''}`
    expect(said.match(/\d+\.\d+\.\d+/g) ?? [PINNED_VERSION]).toEqual([PINNED_VERSION])
  })
})
