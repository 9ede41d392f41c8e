import { describe, expect, it } from 'vitest'
import { MATRIX_LIMIT, readMatrix, textForPlatform } from '../../../src/matrix/matrixjob.ts'
import { parsePlatform } from '../../../src/oci/platform.ts'

const problemsOf = (text: string) => readMatrix(text).problems.map(({ where, text: problem }) => `${where}: ${problem}`)

describe('the jobs of a matrix', () => {
  it("are built on GitHub's own machines where no label is named", () => {
    expect(readMatrix('linux/amd64\nlinux/arm64\n')).toEqual({
      jobs: [
        { slot: 0, platform: 'linux/amd64', runner: ['ubuntu-24.04'] },
        { slot: 1, platform: 'linux/arm64', runner: ['ubuntu-24.04-arm'] },
      ],
      problems: [],
    })
  })

  it('are built on the machines that have all labels of their line', () => {
    expect(readMatrix(' linux/s390x = self-hosted, z16 \n\nlinux/amd64=big=1').jobs).toEqual([
      { slot: 0, platform: 'linux/s390x', runner: ['self-hosted', 'z16'] },
      { slot: 1, platform: 'linux/amd64', runner: ['big=1'] },
    ])
  })

  it("may stand in one line with commas, as docker's actions have them", () => {
    expect(readMatrix('linux/amd64, linux/arm64').jobs.map(({ platform }) => platform)).toEqual([
      'linux/amd64',
      'linux/arm64',
    ])
  })

  it("have Go's names, and the machines of their architecture whatever the variant", () => {
    expect(readMatrix('linux/x86_64,linux/arm64/v9').jobs).toEqual([
      { slot: 0, platform: 'linux/amd64', runner: ['ubuntu-24.04'] },
      { slot: 1, platform: 'linux/arm64/v9', runner: ['ubuntu-24.04-arm'] },
    ])
  })

  it('are refused where there are none', () => {
    for (const text of ['', '\n , \n']) {
      expect(problemsOf(text)).toEqual([
        'input platforms: names no platform: write PLATFORM or PLATFORM=LABEL[,LABEL], one a line',
      ])
    }
  })

  it.each([
    ['linux/vax', "'linux/vax' is no platform: write one like linux/amd64 or linux/arm64"],
    ['amd64=self-hosted', "'amd64' is no platform: write one like linux/amd64 or linux/arm64"],
    ['linux/riscv64', "linux/riscv64 has no machine of GitHub's own: write linux/riscv64=LABEL[,LABEL]"],
    ['freebsd/amd64', "freebsd/amd64 has no machine of GitHub's own: write freebsd/amd64=LABEL[,LABEL]"],
    ['linux/amd64=', "'linux/amd64=' lacks a label: write linux/amd64=LABEL[,LABEL]"],
    [
      'linux/amd64=mine,linux/arm64',
      'linux/arm64 stands among the labels of linux/amd64: write it in a line of its own',
    ],
    [
      'linux/amd64=a, linux/arm64=b',
      'linux/arm64=b stands among the labels of linux/amd64: write it in a line of its own',
    ],
    ['linux/amd64=a,,b', "'linux/amd64=a,,b' lacks a label: write linux/amd64=LABEL[,LABEL]"],
  ])('are refused where one is %s', (text, problem) => {
    expect(problemsOf(text)).toEqual([`input platforms: ${problem}`])
  })

  it('are refused where two are for one platform, however it is written', () => {
    expect(problemsOf('linux/amd64\nlinux/arm64/v8\nlinux/aarch64=mine\nlinux/amd64=mine')).toEqual([
      'input platforms: linux/arm64 and linux/arm64/v8 are one platform: leave one of them out',
      'input platforms: linux/amd64 and linux/amd64 are one platform: leave one of them out',
    ])
  })

  it('are refused where they are more than the job has outputs', () => {
    const names = '386 amd64 arm/v5 arm/v6 arm/v7 arm64 loong64 ppc64le riscv64 s390x mips64le'.split(' ')
    const text = names.map((name) => `linux/${name}=mine`)
    expect(problemsOf(text.slice(0, MATRIX_LIMIT).join('\n'))).toEqual([])
    expect(problemsOf(text.join('\n'))).toEqual(['input platforms: 11 platforms are too many: name at most 10'])
  })
})

describe('a text for one platform', () => {
  it('has its architecture wherever it says {arch}', () => {
    const platform = parsePlatform('linux/arm64/v8')
    expect(platform && textForPlatform('disks/{arch}/{arch}.raw', platform)).toBe('disks/arm64/arm64.raw')
  })
})
