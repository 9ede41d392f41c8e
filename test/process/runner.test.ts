import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DISK, place } from './support/cli.ts'
import { runStep as step, writtenValue as value } from './support/step.ts'

it('the plan step writes the plan and masks the password in every form', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const inputs = { disk: 'a.raw', tags: 'ghcr.io/acme/a:1', username: 'me', password: 'hunter 2' }
  const plan = await step(here, 'plan.js', inputs)
  expect(plan.exitCode, plan.stdout).toBe(0)
  expect(plan.stdout.replaceAll(here.folder, '.')).toMatchInlineSnapshot(`
    "::add-mask::hunter 2
    ::add-mask::hunter%25202
    ::add-mask::hunter+2
    ::add-mask::aHVudGVyIDI=
    ::add-mask::aHVudGVyIDI
    ::add-mask::me:hunter 2
    ::add-mask::me%253Ahunter%25202
    ::add-mask::me%253Ahunter+2
    ::add-mask::bWU6aHVudGVyIDI=
    ::add-mask::bWU6aHVudGVyIDI
    Disk: ./a.raw
    Image: qcow2 disk (default) at /disk/a.qcow2 for linux/amd64, layer gzip
    Base: scratch (default)
    Would push to: ghcr.io/acme/a:1
    "
  `)
  expect(value(await plan.file('OUTPUT'), 'plan')).not.toContain('hunter')
})

it('the plan step masks a password in an address as it stands and as programs decode it', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const repositories = 'https://me:100%@127.0.0.1:9/a https://me:a%20b%@127.0.0.1:9/b'.replace(' ', '\n')
  const plan = await step(here, 'plan.js', { disk: 'a.raw', repositories })
  expect(plan.stdout).not.toContain('malformed')
  const masks = [...plan.stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, text]) => text)
  const plain = ['me:100%25', '100%25', 'me:a%2520b%25', 'a%2520b%25', 'a b%25']
  expect(masks).toEqual(expect.arrayContaining(plain))
})

it('a misspelled input is named, and a variable of somebody else is none of ours', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const plan = await step(here, 'plan.js', { disk: 'a.raw', 'base-imgae': 'x', method: 'ibus' })
  expect(plan.exitCode).toBe(2)
  expect(plan.stdout).toContain(
    '::error title=input::input base-imgae: is no input of kiwi-oci: did you mean base-image?',
  )
  expect(plan.stdout).not.toContain('method')
})

it('what a description says cannot command the runner', async () => {
  await using here = await place()
  const evil = '1.0.0\n::set-output name=digest::evil\n##[add-mask]evil'
  const { description } = await import('./support/cli.ts')
  await here.write('config.xml', description().replace('1.0.0', evil))
  const plan = await step(here, 'plan.js', { description: '.' })
  expect(plan.stdout).toContain('evil')
  for (const line of plan.stdout.split('\n')) expect(line).not.toMatch(/^\s*::set-output|##\[/)
})

it('the post entry removes every folder that the build step made', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const login = { registry: '127.0.0.1:9', username: 'me', password: 'secret' }
  const plan = await step(here, 'plan.js', { disk: 'a.raw' })
  // The login is refused, for nobody listens there: the step fails with its folders made.
  const inputs = { plan: value(await plan.file('OUTPUT'), 'plan'), ...login }
  const build = await step(here, 'build.js', inputs)
  expect(build.exitCode, build.stdout).toBe(1)
  expect((await here.leftovers()).length).toBeGreaterThan(0)
  const state = await build.file('STATE')
  const last = value(state, 'folders')
  expect(JSON.parse(last)).toHaveLength(2)
  const post = await step(here, 'cleanup.js', login, { STATE_folders: last })
  expect(post.exitCode, post.stdout).toBe(0)
  expect(await here.leftovers()).toEqual([])
})

it('the layout and the disk stay from the build step to the post entry', async () => {
  await using here = await place()
  await mkdir(join(here.folder, 'there'))
  await here.write('a.raw', DISK)
  const plan = await step(here, 'plan.js', { disk: 'a.raw', 'work-dir': 'there', tags: 'ghcr.io/acme/a:1' })
  const planned = value(await plan.file('OUTPUT'), 'plan')
  const build = await step(here, 'build.js', { plan: planned })
  expect(build.exitCode, build.stdout).toBe(0)
  const outputs = await build.file('OUTPUT')
  expect((await readdir(value(outputs, 'layout'))).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  const publish = await step(here, 'publish.js', { plan: planned, built: value(outputs, 'built') })
  expect(publish.exitCode, publish.stdout).toBe(0)
  expect(publish.stdout).toContain('ghcr.io/acme/a:1')
  expect(value(await publish.file('OUTPUT'), 'image')).toBe('')
  expect(await publish.file('STEP_SUMMARY')).toContain(value(outputs, 'digest'))
  const last = JSON.stringify([join(value(outputs, 'layout'), '..')])
  await step(here, 'cleanup.js', {}, { STATE_folders: last })
  expect(await readdir(join(here.folder, 'there'))).toEqual([])
})

it('the post entry leaves alone what does not bear our name, whatever the state says', async () => {
  await using here = await place()
  const victim = await here.write('victim/file', '')
  for (const state of [JSON.stringify([join(victim, '..'), 'victim', '/']), 'no JSON']) {
    const post = await step(here, 'cleanup.js', {}, { STATE_folders: state })
    expect(post.exitCode, post.stdout).toBe(0)
  }
  expect(await readFile(victim, 'utf8')).toBe('')
})
