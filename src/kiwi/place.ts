/**
 * Why KIWI cannot build below a folder, as one sentence: it hands its paths to shells without quotes (KIWI:
 * `package_manager/apt.py`, the hook of `apt-get` that collects the bootstrap packages).
 */
export function kiwiPathProblem(folder: string): string | undefined {
  if (/^[\w@%+=:,./-]+$/.test(folder)) return undefined
  return `KIWI cannot build below ${folder}: name a folder without spaces and signs that a shell reads`
}
