import { dirname, join } from 'node:path'

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
const PASSED = /^((https?|ftp|no|all)_proxy|SOURCE_DATE_EPOCH)$/i

/** Folder below the work folder whose programs stand in front of the machine's. */
export const SHIM_FOLDER = 'bin'
/** Folder below the work folder that is the home of KIWI and of what it starts. */
export const HOME_FOLDER = 'home'

/**
 * The whole environment of KIWI. It hands its own to the scripts of the description (KIWI: `command.py`), so it gets
 * a list of what is allowed and never ours with its tokens.
 *
 * @param about.kiwi path of kiwi-ng
 * @param about.offered variables of the caller, of which the proxies and `SOURCE_DATE_EPOCH` are taken
 * @param about.aptConfiguration a file that apt reads on the machine and in the root tree, before its others
 */
export function kiwiEnvironment(about: {
  readonly kiwi: string
  readonly workFolder: string
  readonly offered: Readonly<Record<string, string>>
  readonly aptConfiguration?: string
}): Readonly<Record<string, string>> {
  const folders = [join(about.workFolder, SHIM_FOLDER), dirname(about.kiwi), ...SYSTEM_PATH]
  return {
    ...Object.fromEntries(Object.entries(about.offered).filter(([name]) => PASSED.test(name))),
    PATH: [...new Set(folders)].join(':'),
    HOME: join(about.workFolder, HOME_FOLDER),
    LANG: 'C.UTF-8',
    ...(about.aptConfiguration === undefined ? {} : { APT_CONFIG: about.aptConfiguration }),
  }
}
