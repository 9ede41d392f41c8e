/**
 * Runs two things at once. When one fails, the other is canceled and waited for, so that nothing of it goes on behind
 * the error.
 *
 * @returns both results
 * @throws what failed first
 */
export async function together<A, B>(
  signal: AbortSignal,
  [first, second]: readonly [(signal: AbortSignal) => Promise<A> | A, (signal: AbortSignal) => Promise<B> | B],
): Promise<[A, B]> {
  const failing = new AbortController()
  const either = AbortSignal.any([signal, failing.signal])
  let failure: { readonly error: unknown } | undefined
  const run = async <T>(task: (signal: AbortSignal) => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await task(either)
    } catch (error) {
      failure ??= { error }
      failing.abort()
      return undefined
    }
  }
  const results = await Promise.all([run(first), run(second)])
  if (failure) throw failure.error
  return results as [A, B]
}
