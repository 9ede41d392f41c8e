/** The other end of `callAsRoot`: `node called.ts MODULE FUNCTION ARGUMENTS`, and its answer as JSON. */
const [module = '', name = '', args = '[]'] = process.argv.slice(2)
const exported = await import(module)
try {
  console.log(JSON.stringify({ result: await exported[name](...JSON.parse(args)) }))
} catch (error) {
  console.log(JSON.stringify({ thrown: error instanceof Error ? error.message : String(error) }))
}
