/** Bytes on their way to a compressor; the buffer comes back with the answer. */
export interface Piece {
  readonly buffer: ArrayBuffer
  /** How many bytes of the buffer came before the piece. */
  readonly history: number
  /** History and piece together. */
  readonly length: number
}

export interface CompressedPiece {
  readonly buffer: ArrayBuffer
  /** May stand in the buffer. */
  readonly compressed: Uint8Array
  /** Where it stands, if nothing else does: given back when it was used, and not when the collector comes. */
  readonly own?: ArrayBuffer
}

/** Compresses several pieces at a time. */
export interface Compressor extends AsyncDisposable {
  /** How many pieces have to be under way to keep it busy. */
  readonly appetite: number
  /** Takes the piece's buffer away until it comes back with the answer. */
  compress(piece: Piece): Promise<CompressedPiece>
}
