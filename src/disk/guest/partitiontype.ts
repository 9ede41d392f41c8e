/** What the type of a partition tells of the machines that its disk is for. */
export interface TypeClue {
  /** Go's names, the likeliest first. */
  readonly architectures: readonly string[]
  /** What the partition is by its type, as in `partition 2 is …`. */
  readonly text: string
}

/** UAPI group, "Discoverable Partitions Specification": the types of the root and of /usr of each architecture. */
const ROOTS: readonly (readonly [architecture: string, root: string, usr: string])[] = [
  ['386', '44479540-f297-41b2-9af7-d131d5f0458a', '75250d76-8cc6-458e-bd66-bd47cc81a812'],
  ['amd64', '4f68bce3-e8cd-4db1-96e7-fbcaf984b709', '8484680c-9521-48c6-9c11-b0720656f69e'],
  ['arm', '69dad710-2ce4-4e3c-b16c-21a1d49abed3', '7d0359a3-02b3-4f0a-865c-654403e70625'],
  ['arm64', 'b921b045-1df0-41c3-af44-4c6f280d3fae', 'b0e01050-ee5f-4390-949a-9101b17104e9'],
  ['loong64', '77055800-792c-4f94-b39a-98c91b762bb6', 'e611c702-575c-4cbe-9a46-434fa0bf7e3f'],
  ['mips64le', '700bda43-7a34-4507-b179-eeb93d7a7ca3', 'c97c1f32-ba06-40b4-9f22-236061b08aa8'],
  ['mipsle', '37c58c8a-d913-4156-a25f-48b1b64e07f0', '0f4868e9-9952-4706-979f-3ed3a473e947'],
  ['ppc64', '912ade1d-a839-4913-8964-a10eee08fbd2', '2c9739e2-f068-46b3-9fd0-01c5a9afbcca'],
  ['ppc64le', 'c31c45e6-3f39-412e-80fb-4809c4980599', '15bb03af-77e7-4d4a-b12b-c0d084f7491c'],
  ['riscv64', '72ec70a6-cf74-40e6-bd49-4bda08e8f224', 'beaec34b-8442-439b-a40b-984381ed097d'],
  ['s390x', '5eead9a9-fe09-4a1e-a1d7-520d00531306', '8a4f5770-50aa-4ed3-874a-99b710db6fea'],
]

/** grub-install's manual, "BIOS installation": GRUB's code for PCs, whose kernel may be of either width. */
const BIOS_BOOT: TypeClue = { architectures: ['amd64', '386'], text: 'a BIOS boot partition' }
/** Power Architecture Platform Requirements: firmware loads from it, in either byte order. */
const PREP_BOOT: TypeClue = { architectures: ['ppc64le', 'ppc64'], text: 'a PReP boot partition' }

export const TYPE_CLUES: ReadonlyMap<string, TypeClue> = new Map([
  ...ROOTS.flatMap(([architecture, root, usr]): readonly (readonly [string, TypeClue])[] => [
    [root, { architectures: [architecture], text: `a root for ${architecture} by its type` }],
    [usr, { architectures: [architecture], text: `a /usr for ${architecture} by its type` }],
  ]),
  ['21686148-6449-6e6f-744e-656564454649', BIOS_BOOT],
  ['9e1a2d38-c612-4316-aa26-8b49521e5a8b', PREP_BOOT],
  ['41', PREP_BOOT],
])

/**
 * Where firmware looks for a loader: EFI system partitions, and those of FAT in a master boot record, from which U-Boot
 * and the Raspberry Pi start (UEFI specification 2.10, sections 5.2.2 and 13.3.1).
 */
const LOADER_TYPES = ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', 'ef', '01', '04', '06', '0b', '0c', '0e']

export function mayHoldLoaders(type: string): boolean {
  return LOADER_TYPES.includes(type)
}
