import { spawn } from 'node:child_process'
import { consoleOf } from './console.ts'

export interface Boot {
  /** Everything that the serial console showed. */
  readonly console: string
  /** From the start of QEMU to the login. */
  readonly seconds: number
}

/** What a serial console ends with when it waits for somebody. */
export const LOGIN = /login: ?$/m

/**
 * Boots a disk in QEMU until its serial console asks for a login, then ends QEMU. The file is not changed.
 *
 * @throws Error with the end of the console when QEMU ends or the time is over before
 */
export async function bootToLogin(disk: string, format: string, timeoutSeconds = 240): Promise<Boot> {
  const start = performance.now()
  const drive = `file=${disk.replaceAll(',', ',,')},format=${format},if=virtio,snapshot=on`
  const machine = ['-machine', 'accel=tcg', '-m', '512', '-smp', '2', '-nographic', '-no-reboot', '-nic', 'none']
  const qemu = spawn('qemu-system-x86_64', [...machine, '-drive', drive], { stdio: ['ignore', 'pipe', 'pipe'] })
  const console = consoleOf(qemu)
  try {
    await console.until(LOGIN, timeoutSeconds)
    return { console: console.shown(), seconds: (performance.now() - start) / 1000 }
  } finally {
    qemu.kill('SIGKILL')
    await console.ended.catch(() => null)
  }
}
