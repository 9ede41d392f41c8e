import { defineConfig } from 'vitest/config'

const project = (name: string, timeoutSeconds: number, parallel: boolean) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    fileParallelism: parallel,
  },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', 10, true),
      project('property', 60, true),
      project('process', 60, true),
      project('system', 300, false),
      // The wide form, of an hour and more, is not what a limit is for.
      project('promises', process.env['SOAK'] === 'wide' ? 14_400 : 600, false),
      project('e2e', 1800, false),
    ],
  },
})
