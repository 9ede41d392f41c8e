import { describe, expect, it } from 'vitest'
import { layerSteps, repairedHistory } from '../../../src/oci/container/history.ts'

describe('repairedHistory', () => {
  it('leaves a history with a step for each layer as it is', () => {
    const history = [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }]
    expect(repairedHistory(history, 1)).toEqual(history)
  })

  it('adds what is missing behind what is there', () => {
    const repaired = repairedHistory([{ created_by: 'a' }], 3)
    expect(repaired[0]).toEqual({ created_by: 'a' })
    expect(layerSteps(repaired)).toBe(3)
  })

  it('keeps the steps of a squashed image as steps without a layer', () => {
    const repaired = repairedHistory([{ created_by: 'a' }, { created_by: 'b' }], 1)
    expect(repaired.map(({ created_by, empty_layer }) => [created_by, empty_layer])).toEqual([
      ['a', true],
      ['b', true],
      ['unknown', undefined],
    ])
  })
})
