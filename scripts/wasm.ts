import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '../test/support/tools.ts'
import { run } from './run.ts'

const SOURCE = 'wasm/deflate.ts'
const RESULT = join(repositoryRoot, 'src/compress/deflatecode.ts')
const LINE_LENGTH = 110

/** What `src/compress/deflatecode.ts` has to hold: wasm/ compiled. @throws Error when it does not compile */
export async function deflateCodeText(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-wasm-'))
  try {
    const program = join(folder, 'deflate.wasm')
    const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'bulk-memory', '--use', 'abort=']
    // As a program: its types declare globals that are not Node's.
    run(join(repositoryRoot, 'node_modules/.bin/asc'), [SOURCE, ...flags, '--outFile', program], {
      cwd: repositoryRoot,
    })
    const lines = (await readFile(program)).toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? []
    return [
      '// Made from wasm/ by scripts/wasm.ts: change it there.',
      '',
      '/** The compiled program, in base64. */',
      'export const DEFLATE_CODE = [',
      ...lines.map((line) => `  '${line}',`),
      "].join('')",
      '',
    ].join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

if (import.meta.main) await writeFile(RESULT, await deflateCodeText())
