/** Where bytes come from, in order. */
export interface ByteSource {
  /** Fills the target from its start. @returns how many bytes; fewer than there is room for only at the end */
  fill(target: Buffer): Promise<number>
}
