import { defineConfig } from 'rolldown'

/** One self-contained file for each entry: a step loads nothing that another step needs. */
const steps = ['cli', 'plan', 'setup', 'build', 'publish', 'matrix', 'merge', 'cleanup', 'supervisor', 'abandoned']
const entries = [
  ...steps.map((name) => ({ name, input: `src/steps/${name}.ts` })),
  // A thread of those that write a layer.
  { name: 'deflateworker', input: 'src/compress/deflateworker.ts' },
]

export default defineConfig(
  entries.map(({ name, input }) => ({
    input,
    platform: 'node' as const,
    output: { file: `dist/${name}.js`, format: 'esm' as const, codeSplitting: false },
    // Packages without side effects on import: what a step does not call stays out of its file.
    treeshake: { moduleSideEffects: [{ test: /node_modules/, sideEffects: false }] },
  })),
)
