import { expect, it } from 'vitest'
import { asFlags } from '../../../src/inputs/flagwords.ts'

it.each([
  ['input disk: x and the input base-image', '--disk: x and --base-image'],
  ['the input of it', 'the input of it'],
  ['for a registry of your own set tls-verify to false', 'for a registry of your own set --tls-verify=false'],
  ['set push-by-digest to true, or leave it out', 'set --push-by-digest, or leave it out'],
  ['set work-dir to a folder', 'set work-dir to a folder'],
  ['set disk to true', 'set disk to true'],
  ['belongs to x: add podman-machine to kind, or', 'belongs to x: add podman-machine to --kind, or'],
  ['write REGISTRY/NAME@sha256:…, one a line', 'write REGISTRY/NAME@sha256:…, one a flag'],
  ['by another step with the output disk as its input disk', 'by another run with its file as --disk'],
])('says %s at a terminal as: %s', (text, said) => {
  expect(asFlags(text)).toBe(said)
})
