import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { DescriptionError } from '../errors.ts'
import { descriptionProblem } from './place.ts'

/** The largest of KIWI's own have 200 KiB. */
const LIMIT_BYTES = 16 * 1024 * 1024

/**
 * The content of a file of a description: a device or a pipe, to which an `<include>` may lead, has no end.
 *
 * @throws DescriptionError when it is no regular file or has more than 16 MiB; errors of the file system
 */
export async function descriptionBytes(path: string): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stat = await file.stat()
  const refused = (text: string) => new DescriptionError([descriptionProblem(path, 1, text)])
  if (!stat.isFile()) throw refused(`${path} is no regular file: name the file of a description`)
  if (stat.size > LIMIT_BYTES) throw refused(`${path} has ${stat.size} bytes: a description has at most 16 MiB`)
  return await file.readFile()
}
