import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { putText } from '../oci/store/file.ts'
import { SHIM_FOLDER } from './environment.ts'

/**
 * Stands in front of the machine's `partx`: `--add` refuses a partition that the kernel knows already, which happens by
 * leftovers of another build and, up to KIWI 10, by KIWI's own parted (OSInside/kiwi pull request 3002). `--update`
 * adds what is missing and drops what is stale.
 */
const SHIM = `#!/bin/sh
for argument do
  shift
  [ "$argument" = --add ] && argument=--update
  set -- "$@" "$argument"
done
PATH=\${PATH#*:}
exec partx "$@"
`

/** Writes it into the folder that comes first on KIWI's path. */
export async function writePartx(workFolder: string): Promise<void> {
  const folder = join(workFolder, SHIM_FOLDER)
  await mkdir(folder, { recursive: true })
  await putText(join(folder, 'partx'), SHIM)
  await chmod(join(folder, 'partx'), 0o755)
}
