/** One step of how an image came to be, the oldest first; image-spec config.md, "history". */
export interface History {
  readonly created?: string
  readonly created_by?: string
  readonly author?: string
  readonly comment?: string
  /** True for a step that made no layer. */
  readonly empty_layer?: boolean
}

/** What a step says in other words than ours; left out and null both take ours, of author and comment none. */
export interface HistoryChanges {
  readonly createdBy?: string | null
  readonly author?: string | null
  readonly comment?: string | null
}

/** The step of a layer, in the words that were given. */
export function diskStep(
  ours: { readonly created: string; readonly created_by: string },
  { createdBy, author, comment }: HistoryChanges,
): History {
  return {
    created: ours.created,
    created_by: createdBy || ours.created_by,
    ...(author ? { author } : {}),
    ...(comment ? { comment } : {}),
  }
}

/** How many steps say that they made a layer. */
export function layerSteps(history: readonly History[]): number {
  return history.filter((step) => !step.empty_layer).length
}

/**
 * A history with one step per layer, as others rely on: what a base's history lacks is added at its end (umoci does so
 * too). Where it has more steps than layers (squashed images), nobody can tell which made them: all are kept as steps
 * without one, and the layers get steps of their own.
 */
export function repairedHistory(history: readonly History[], layers: number): readonly History[] {
  const steps = layerSteps(history)
  const kept = steps > layers ? history.map((step) => ({ ...step, empty_layer: true })) : history
  const missing = layers - layerSteps(kept)
  const filler: History = { created_by: 'unknown', comment: 'the base image says nothing about this layer' }
  return [...kept, ...Array.from({ length: missing }, () => filler)]
}
