import { describe, expect, it } from 'vitest'
import { parseJob, type RunJob } from '../../../src/kiwi/job.ts'

const job: RunJob = {
  program: '/usr/bin/kiwi-ng',
  args: ['system', 'build'],
  env: { PATH: '/usr/bin' },
  cwd: '/w',
  workFolder: '/w',
  bind: { from: '/w/cache', to: '/var/cache/kiwi' },
  discard: ['/w/target/build'],
  handOver: ['/w/target'],
  owner: { uid: 1000, gid: 1000 },
  caller: { pid: 7, started: '123' },
}

describe('a job of the supervisor', () => {
  it('is read as it was written', () => {
    expect(parseJob(JSON.stringify(job))).toEqual(job)
  })

  it('may be the removal of a folder', () => {
    expect(parseJob('{"remove":"/w/a","under":"/w"}')).toEqual({ remove: '/w/a', under: '/w' })
  })

  it.each([
    ['', 'Unexpected end'],
    ['[]', 'no JSON object'],
    [JSON.stringify({ ...job, program: 'kiwi-ng' }), 'program of the job is no absolute path'],
    [JSON.stringify({ ...job, args: [1] }), 'args of the job'],
    [JSON.stringify({ ...job, bind: { from: '/w' } }), 'to of the job'],
    [JSON.stringify({ ...job, env: { A: 1 } }), 'env of the job'],
    [JSON.stringify({ ...job, owner: { uid: -1, gid: 0 } }), 'no owner'],
    [JSON.stringify({ ...job, caller: { pid: 7 } }), 'no caller'],
    ['{"remove":"relative","under":"/w"}', 'remove of the job'],
  ])('is refused when it is none: %s', (line, problem) => {
    expect(() => parseJob(line)).toThrow(problem)
  })
})
