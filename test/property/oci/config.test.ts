import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ConfigChanges, changedConfig, type RuntimeConfig } from '../../../src/oci/container/config.ts'
import { mergedChanges } from '../../../src/oci/container/containerconfig.ts'
import { layerSteps, repairedHistory } from '../../../src/oci/container/history.ts'
import type { Digest } from '../../../src/oci/digest.ts'

const name = fc.oneof(
  fc.constantFrom('PATH', 'A', 'B', '__proto__', 'constructor', '1', '2'),
  fc.string({ minLength: 1 }).filter((text) => !text.includes('=')),
)
const value = fc.oneof(fc.string(), fc.constant('x=y'))
const texts = fc.dictionary(name, value)
const changes = fc.dictionary(name, fc.option(value))
const DIGEST: Digest = `sha256:${'0'.repeat(64)}`

const applied = (config: RuntimeConfig, change: ConfigChanges) =>
  changedConfig(
    { architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [] } },
    {
      changes: change,
      platform: { os: 'linux', architecture: 'amd64' },
      diffID: DIGEST,
      epochSeconds: 0,
      createdBy: 'x',
    },
  ).config
const envOf = (map: Record<string, string>) => Object.entries(map).map(([key, text]) => `${key}=${text}`)
const mapOf = (env: readonly string[]) =>
  new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]))
const expected = (base: Record<string, string>, change: Record<string, string | null>) => {
  const merged = new Map<string, string | null>([...Object.entries(base), ...Object.entries(change)])
  return new Map([...merged].filter(([, text]) => text !== null))
}

describe('any merge', () => {
  it('of env has the changed value of each name once, those of the base first and in its order', () => {
    fc.assert(
      fc.property(texts, changes, (base, change) => {
        const env = applied({ Env: envOf(base) }, { env: change })?.Env ?? []
        expect(mapOf(env)).toEqual(expected(base, change))
        expect(env).toHaveLength(mapOf(env).size)
        const kept = Object.keys(base).filter((key) => [...mapOf(env).keys()].includes(key))
        expect([...mapOf(env).keys()].slice(0, kept.length)).toEqual(kept)
      }),
    )
  })

  it('of labels has the changed value of each name, whatever the order they came in', () => {
    fc.assert(
      fc.property(texts, changes, (base, change) => {
        const labels = applied({ Labels: base }, { labels: change })?.Labels ?? {}
        expect(new Map(Object.entries(labels))).toEqual(expected(base, change))
        const reversed = Object.fromEntries(Object.entries(change).reverse())
        expect(JSON.stringify(applied({ Labels: base }, { labels: reversed })?.Labels ?? {})).toBe(
          JSON.stringify(labels),
        )
      }),
    )
  })

  it('of the description and the input does to the base what both do one after the other', () => {
    fc.assert(
      fc.property(texts, changes, changes, (base, description, input) => {
        const both = applied({ Labels: base }, mergedChanges({ labels: description }, { labels: input }))
        const after = applied(applied({ Labels: base }, { labels: description }) ?? {}, { labels: input })
        expect(both?.Labels ?? {}).toEqual(after?.Labels ?? {})
      }),
    )
  })
})

describe('any history', () => {
  it('is repaired to one step per layer, none lost', () => {
    const step = fc.record({ created_by: fc.string(), empty_layer: fc.boolean() }, { requiredKeys: ['created_by'] })
    fc.assert(
      fc.property(fc.array(step), fc.nat({ max: 20 }), (history, layers) => {
        const repaired = repairedHistory(history, layers)
        expect(layerSteps(repaired)).toBe(layers)
        expect(repaired.slice(0, history.length).map((it) => it.created_by)).toEqual(history.map((it) => it.created_by))
      }),
    )
  })
})
