/** How bytes are compressed, with its level. */
export interface Method {
  readonly algorithm: 'gzip' | 'zstd'
  /** gzip 1 to 9, zstd 1 to 19. */
  readonly level: number
}
