import { InputError } from '../errors.ts'
import { pushedImages } from '../matrix/images.ts'
import { readMatrix, textForPlatform } from '../matrix/matrixjob.ts'
import { taggedRepository } from '../matrix/repository.ts'
import { parsePlatform } from '../oci/platform.ts'
import { setOutputs, takeValue } from '../runner.ts'
import { runStep } from './step.ts'

/** Inputs that may say `{arch}`. */
const VARYING = ['description', 'profiles', 'disk'] as const

await runStep(async (report) => {
  const take = (name: string) => takeValue(process.env, name)
  const [platform, digests] = [parsePlatform(take('platform')), take('digests')]
  const varying = VARYING.map((name) => [name, take(name)] as const)
  const { jobs, problems } = readMatrix(take('platforms'))
  const tagged = taggedRepository(take('tags'))
  if (problems.length + tagged.problems.length > 0) throw new InputError([...problems, ...tagged.problems])
  setOutputs({ matrix: JSON.stringify(jobs), repository: tagged.repository })
  if (platform !== undefined) {
    setOutputs(Object.fromEntries(varying.map(([name, text]) => [name, textForPlatform(text, platform)])))
  } else if (digests !== '') setOutputs({ images: pushedImages(jobs, tagged.repository, digests).join('\n') })
  else for (const { platform: name, runner } of jobs) report.info(`${name} is built on ${runner.join(', ')}`)
})
