import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('an argument of KIWI that we set ourselves', async () => {
  await using here = await place()
  await here.write('config.xml', description())
  const args = ['--description', '.', '--kiwi-arguments', '--target-dir=/x', '--kiwi-global-arguments', '--profile']
  expect(await refusals(here, args)).toEqual([
    '--kiwi-global-arguments: --profile is set by kiwi-oci: use --profiles',
    '--kiwi-arguments: --target-dir is set by kiwi-oci: name another place with --work-dir',
  ])
})
