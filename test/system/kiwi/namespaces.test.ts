import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { asRoot } from '../../support/root.ts'
import { jobIn, makeWork, removeWork, supervisor } from './supervised.ts'

it('a machine on which root may make no namespaces is told so, and nothing is built', async () => {
  const work = await makeWork('#!/bin/sh\necho built\n')
  try {
    const flags = ['--bounding-set=-sys_admin', '--inh-caps=-all']
    const [command, args] = asRoot('setpriv', [...flags, process.execPath, supervisor])
    const child = spawn(command, args)
    child.stdin.end(`${JSON.stringify(jobIn(work))}\n`)
    const [said, shown] = await Promise.all([text(child.stderr), text(child.stdout)])
    const [code, ...message] = said.split(': ')
    expect(code).toBe('host-namespace')
    expect(message.join(': ')).toMatch(/^root may not make namespaces here \(unshare: .*\), .*--privileged\n$/)
    expect(shown).toBe('')
  } finally {
    await removeWork(work)
  }
})
