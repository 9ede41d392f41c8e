import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How the stand-in ends. */
export type Ending = 'a disk' | 'a failure' | 'never'

export interface StandIn {
  /** Path of its kiwi-ng. */
  readonly kiwi: string
  /** Printed while it builds, by stream, each piece in a write of its own. */
  print(pieces: readonly (readonly [stream: 1 | 2, text: string])[]): Promise<void>
  end(how: Ending): Promise<void>
  /** What it saw of its surroundings as root: its own environment, and that and the arguments of all processes. */
  seen(): Promise<string>
}

/** Called as kiwi-ng is, as root and where scripts of a description run: prints, looks around, makes a disk. */
const PROGRAM = `
const fs = require('node:fs')
const { join } = require('node:path')
const args = process.argv.slice(2)
if (args.includes('--version')) return console.log('KIWI (next generation) version 11.1.6')
if (args.includes('info')) return
const read = (file) => { try { return fs.readFileSync(file, 'latin1') } catch { return '' } }
const processes = fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
const around = processes.map((pid) => read('/proc/' + pid + '/environ') + read('/proc/' + pid + '/cmdline'))
const inherited = fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' } })
fs.writeFileSync(join(FOLDER, 'seen'), [JSON.stringify(process.env), ...around, ...inherited].join('\\n'))
for (const [stream, text] of JSON.parse(read(join(FOLDER, 'pieces.json')) || '[]')) {
  // Node's pipes may be full for a moment.
  for (let bytes = Buffer.from(text, 'latin1'); bytes.length > 0; ) {
    try { bytes = bytes.subarray(fs.writeSync(stream, bytes)) } catch (error) { if (error.code !== 'EAGAIN') throw error }
  }
}
const ending = read(join(FOLDER, 'ending'))
if (ending === 'never') { console.log('the stand-in waits'); setInterval(() => {}, 1000); return }
if (ending === 'a failure') process.exit(1)
const target = args.find((word) => word.startsWith('--target-dir=')).slice('--target-dir='.length)
fs.mkdirSync(target, { recursive: true })
const disk = join(target, 'tiny.raw')
fs.writeFileSync(disk, 'disk'.repeat(1024))
fs.writeFileSync(join(target, 'kiwi.result.json'), JSON.stringify({ disk_image: { filename: disk } }))
`

/** @param folder a new one is made there for it */
export async function standInKiwi(folder: string): Promise<StandIn> {
  await mkdir(folder, { recursive: true })
  const kiwi = join(folder, 'kiwi-ng')
  const wrapped = `;(() => {\nconst FOLDER = ${JSON.stringify(folder)}\n${PROGRAM}})()\n`
  await writeFile(kiwi, `#!${process.execPath}\n${wrapped}`)
  await chmod(kiwi, 0o755)
  const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
  return {
    kiwi,
    print: async (pieces) => {
      const bytes = pieces.map(([stream, text]) => [stream, latin1(text)])
      await writeFile(join(folder, 'pieces.json'), JSON.stringify(bytes))
    },
    end: (how) => writeFile(join(folder, 'ending'), how),
    seen: () => readFile(join(folder, 'seen'), 'latin1'),
  }
}
