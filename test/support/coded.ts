import { expect } from 'vitest'
import type { ErrorCode } from '../../src/errorcode.ts'

/** For `toThrow`: an error of this code whose message has the text, or matches it. */
export function coded(code: ErrorCode, text: string | RegExp): unknown {
  const message: unknown = typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text)
  return expect.objectContaining({ code, message })
}
