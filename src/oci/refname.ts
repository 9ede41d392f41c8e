/** image-spec annotations.md, "Rules" of ref.name; c/image oci/internal/oci_util.go has the same. */
const REF_NAME_TEXT =
  /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/

/** Whether a text can be the name of an image in a layout. */
export function isRefName(text: string): boolean {
  return REF_NAME_TEXT.test(text)
}
