import { diskPathProblem } from '../oci/tar/tar.ts'
import type { SelectedType } from './type.ts'

/**
 * The name, without what its format ends it with, that `bundle_format` gives the disk in the image (kiwi/system/result.py
 * `add_bundle_format` and `get_name_for_pattern`, kiwi/storage/subformat/oci.py).
 *
 * A version has three parts there, or one; KIWI fails with a ValueError where it has two. Here a part that is not there
 * is empty: of `1.2` %M is `1`, %m is `2` and %p is nothing; %p holds all that follows the second dot.
 *
 * @param name of the image, @param architecture `uname -m`
 * @returns undefined where the type has no `bundle_format`, or one that comes to nothing: the disk has its usual name
 */
export function bundleName(
  selected: Pick<SelectedType, 'bundleFormat' | 'profiles' | 'image' | 'version'>,
  name: string,
  architecture: string,
): string | undefined {
  const { bundleFormat, version } = selected
  if (bundleFormat === undefined) return undefined
  const [major = '', minor = '', ...patch] = version.split('.')
  // One after the other, as KIWI does.
  const replacements: readonly (readonly [string, string])[] = [
    ['%N', name],
    ['%P', selected.profiles.join('_')],
    ['%A', architecture],
    ['%T', selected.image],
    ['%M', major],
    ['%m', minor],
    ['%p', patch.join('.')],
    ['%v', version],
    // The name of a bundle is given to `kiwi-ng result bundle`, which nobody calls here.
    ['%I', ''],
  ]
  const text = replacements.reduce((done, [tag, value]) => done.replaceAll(tag, () => value), bundleFormat)
  return text === '' ? undefined : text
}

/** Why a disk cannot have the name that `bundle_format` came to, as a part of a sentence; undefined where it can. */
export function bundleProblem(name: string): string | undefined {
  return name.includes('/')
    ? 'it names a file and no folder: write it without /'
    : diskPathProblem(`/disk/${name}.qcow2`)
}
