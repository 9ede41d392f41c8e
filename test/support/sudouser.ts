import { runAsRoot } from './root.ts'

/** An ordinary user who becomes root by sudo without a password, as on a hosted runner. */
export interface SudoUser extends AsyncDisposable {
  readonly uid: number
  readonly gid: number
}

/** Makes a user of this machine; sudo knows no others. The disposal takes the user away again. */
export async function makeSudoUser(): Promise<SudoUser> {
  const name = `kiwi-oci-${process.pid}`
  const rule = `/etc/sudoers.d/${name}`
  const dispose = async () => {
    await runAsRoot('rm', '-f', rule)
    await runAsRoot('userdel', name)
  }
  await runAsRoot('useradd', '--no-create-home', '--user-group', '--shell', '/usr/sbin/nologin', name)
  try {
    await runAsRoot('sh', '-c', `umask 337 && echo '${name} ALL=(ALL) NOPASSWD: ALL' > ${rule}`)
    const [uid, gid] = [Number(await runAsRoot('id', '-u', name)), Number(await runAsRoot('id', '-g', name))]
    return { uid, gid, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
