import { describe, expect, it } from 'vitest'
import { planEssence, wildDescriptions, wildPlan } from '../../support/wild.ts'

const WILD = await wildDescriptions()

describe('a description as people write them', () => {
  it.each(WILD.map((wild) => [wild.name, wild.shows, wild] as const))('%s: %s', async (_name, _shows, wild) => {
    const { plan, source } = await wildPlan(wild)
    expect(planEssence(plan, source)).toEqual(wild.plan)
  })

  it('covers one feature that no other covers, and there are at least forty', () => {
    expect(new Set(WILD.map(({ shows }) => shows)).size).toBe(WILD.length)
    expect(WILD.length).toBeGreaterThanOrEqual(40)
  })
})
