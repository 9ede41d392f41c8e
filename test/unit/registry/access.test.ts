import { describe, expect, it } from 'vitest'
import { skopeoEnvironment } from '../../../src/registry/access.ts'

describe('skopeoEnvironment', () => {
  it('keeps what skopeo and credential helpers read', () => {
    const environment = { PATH: '/bin', HOME: '/h', HTTPS_PROXY: 'p', AWS_REGION: 'x', XDG_RUNTIME_DIR: '/r' }
    expect(skopeoEnvironment(environment)).toEqual(environment)
  })

  it("leaves out what the runner gives to steps, and every variable with a secret's text", () => {
    const environment = {
      PATH: '/bin',
      INPUT_PASSWORD: 'x',
      ACTIONS_RUNTIME_TOKEN: 'x',
      KIWI_OCI_PASSWORD: 'x',
      STATE_folders: 'x',
      NODE_OPTIONS: 'x',
      GITHUB_TOKEN: 'x',
      MINE: 'user:s3cret@host',
      GONE: undefined,
    }
    expect(skopeoEnvironment(environment, ['s3cret', ''])).toEqual({ PATH: '/bin' })
  })
})
