/** Why what a key of a container's configuration says cannot be taken. */
export interface KeyProblem {
  /** As the input `containerconfig` calls it: `workdir`. */
  readonly key: string
  /** One sentence without the key. */
  readonly text: string
}
