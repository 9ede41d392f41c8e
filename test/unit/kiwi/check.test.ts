import { expect, it } from 'vitest'
import { schemaReason } from '../../../src/kiwi/check.ts'

it('what the schema objects to is told without the names of temporary files', () => {
  const lines = [
    '[ INFO    ]: 13:32:59 | --> <string>:0:0:ERROR:RELAXNGV:RELAXNG_ERR_INTEREXTRA: Extra element locale in interleave',
    '/t/kiwi_xslt-x:10:0:ERROR:RELAXNGV:RELAXNG_ERR_CONTENTVALID: Element preferences failed to validate content',
    '[ ERROR   ]: 13:32:59 | KiwiDescriptionInvalid: Failed to validate schema',
  ]
  expect(schemaReason(lines)).toBe('Extra element locale in interleave; Element preferences failed to validate content')
})

it('jing’s report is read where that is installed', () => {
  expect(schemaReason(['/t/x.xml:3:9: error: element "foo" not allowed anywhere'])).toBe(
    'element "foo" not allowed anywhere',
  )
})

it('broken schematron rules are told', () => {
  const lines = [
    '[ INFO    ]: 1 | x',
    '[ INFO    ]: 12:00:00 | Schematron validation failed:',
    '[ INFO    ]: 12:00:00 | --> bad',
  ]
  expect(schemaReason(lines)).toBe('bad')
})

it('without a report there is no reason', () => {
  expect(schemaReason(['[ ERROR   ]: 12:00:00 | KiwiDescriptionInvalid: x'])).toBeUndefined()
})
