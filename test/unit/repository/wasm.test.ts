import { expect, it } from 'vitest'
import { deflateCodeText } from '../../../scripts/wasm.ts'
import { textOf } from './tree.ts'

it('the program in src/compress is what wasm/ compiles to', async () => {
  expect(textOf('src/compress/deflatecode.ts')).toBe(await deflateCodeText())
}, 60_000)
