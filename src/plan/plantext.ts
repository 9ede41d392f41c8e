import { handedOver } from './handover.ts'
import type { Plan } from './plan.ts'
import { isPlan } from './planshape.ts'

export function planText(plan: Plan): string {
  return JSON.stringify({ planVersion: 1, ...plan })
}

/** @throws InputError when the text is no plan of this version: a step was used without the one before it, or it was forged */
export function parsePlan(text: string): Plan {
  const { planVersion: _, ...plan } = handedOver('plan', text, isPlan)
  return plan as unknown as Plan
}
