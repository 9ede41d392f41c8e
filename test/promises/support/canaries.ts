import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const USER = 'robot'

/** Secrets of a job, each of which stands nowhere but where it belongs; with signs that quoting and encoding change. */
export const CANARIES = {
  password: 'c4nary/one "p@ss+w" %41&é',
  proxy: 'c4nary-two-of-the-proxy',
  'password of a file of logins': 'c4nary:three=of a file?',
  'identity token': 'c4nary.four_of-the-token',
  "helper's password": 'c4nary five~of the helper',
  ACTIONS_RUNTIME_TOKEN: 'c4nary-six-of-the-cache',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'c4nary-seven-of-oidc',
  GITHUB_TOKEN: 'c4nary-eight-of-the-run',
  'wrong password': 'c4nary nine, "not" the one',
} as const

export type Canary = keyof typeof CANARIES

export const LOGIN = { username: USER, password: CANARIES.password } as const

/** The forms of a canary that are searched for: plain, in JSON, in an address, in Base64, and as HTTP sends a login. */
export function formsOf(canary: Canary): readonly string[] {
  const text = CANARIES[canary]
  const base64 = (each: string) => Buffer.from(each).toString('base64').replace(/=+$/, '')
  const texts = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), text.replaceAll(' ', '+')]
  const pairs = [USER, 'other', '<token>', 'proxyuser'].map((user) => `${user}:${text}`)
  const encoded = [text, ...pairs].map(base64)
  return [...new Set([...texts, ...encoded, ...encoded.map((each) => each.replaceAll('+', '-').replaceAll('/', '_'))])]
}

/** The canaries that a text holds in any of their forms. */
export function canariesIn(text: string): readonly Canary[] {
  const names = Object.keys(CANARIES) as Canary[]
  return names.filter((name) => formsOf(name).some((form) => text.includes(form)))
}

/** The canaries in files below a folder, in names of files too. */
export async function canariesBelow(folder: string, except: readonly string[] = []): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    if (except.includes(path)) return []
    const content = entry.isFile() ? await readFile(path, 'latin1').catch(() => '') : ''
    const utf8 = Buffer.from(content, 'latin1').toString('utf8')
    return canariesIn(`${entry.name}\n${content}\n${utf8}`).map((canary) => `${canary} in ${path}`)
  })
  return (await Promise.all(found)).flat()
}
