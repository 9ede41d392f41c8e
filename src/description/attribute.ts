import { escapedValue, removal, type TextEdit } from './edits.ts'
import type { XmlElement } from './xml.ts'

/** Sets an attribute, or removes it where `value` is left out; none where there is nothing to do. */
export function attributeEdits(
  text: string,
  element: XmlElement,
  name: string,
  value: string | undefined,
): readonly TextEdit[] {
  const present = element.attributes.find((attribute) => attribute.name === name)
  if (present !== undefined) {
    if (value === undefined) return [removal(text, present)]
    return [{ start: present.valueStart, end: present.valueEnd, text: escapedValue(value) }]
  }
  const behindName = element.start + 1 + element.name.length
  return value === undefined ? [] : [{ start: behindName, end: behindName, text: ` ${name}="${escapedValue(value)}"` }]
}
