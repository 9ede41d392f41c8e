import { InputError } from '../errors.ts'
import { parsePlatform } from '../oci/platform.ts'
import { pushedImages } from '../parts/images.ts'
import { readParts, textForPlatform } from '../parts/part.ts'
import { taggedRepository } from '../parts/repository.ts'
import { setOutputs, takeValue } from '../runner.ts'
import { runStep } from './step.ts'

/** Inputs that may say `{arch}`. */
const VARYING = ['description', 'profiles', 'disk'] as const

await runStep(async (report) => {
  const take = (name: string) => takeValue(process.env, name)
  const [platform, digests] = [parsePlatform(take('platform')), take('digests')]
  const varying = VARYING.map((name) => [name, take(name)] as const)
  const { parts, problems } = readParts(take('platforms'))
  const tagged = taggedRepository(take('tags'))
  if (problems.length + tagged.problems.length > 0) throw new InputError([...problems, ...tagged.problems])
  for (const part of parts) report.info(`${part.platform} is built on ${part.runner.join(', ')}`)
  setOutputs({ matrix: JSON.stringify(parts), repository: tagged.repository })
  if (platform !== undefined) {
    setOutputs(Object.fromEntries(varying.map(([name, text]) => [name, textForPlatform(text, platform)])))
  }
  if (digests !== '') setOutputs({ images: pushedImages(parts, tagged.repository, digests).join('\n') })
})
