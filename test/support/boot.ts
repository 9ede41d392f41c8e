import { spawn } from 'node:child_process'
import { setTimeout as timer } from 'node:timers'

export interface Boot {
  /** Everything that the serial console showed. */
  readonly console: string
  /** From the start of QEMU to the login. */
  readonly seconds: number
}

const SHOWN_LINES = 40

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
  const ended = new Promise<void>((resolve) => {
    qemu.once('close', () => resolve())
  })
  let console = ''
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (what: string) =>
        reject(new Error(`${what} before a login was asked for; the console:\n${tail(console)}`))
      const timeout = timer(() => failed(`${timeoutSeconds} s were over`), timeoutSeconds * 1000)
      const see = (bytes: Buffer) => {
        console += bytes.toString('latin1')
        if (/login: ?$/m.test(console)) resolve()
      }
      qemu.stdout.on('data', see)
      qemu.stderr.on('data', see)
      qemu.once('error', (error) => failed(`QEMU did not start (${error.message})`))
      qemu.once('close', (code) => failed(`QEMU ended with ${code}`))
      ended.then(() => clearTimeout(timeout))
    })
    return { console, seconds: (performance.now() - start) / 1000 }
  } finally {
    qemu.kill('SIGKILL')
    await ended
  }
}

function tail(console: string): string {
  return console.split('\n').slice(-SHOWN_LINES).join('\n')
}
