/**
 * Where the domain says what happens. `runner.ts` writes it for a workflow runner, `terminal.ts` for a person.
 */
export interface Report {
  /** A line for the log. */
  info(line: string): void
  /** Something the user should know although the job goes on. */
  warning(line: string): void
  /** A line printed by a program or script that is not ours: shown so that it cannot command the runner. */
  output(line: string): void
  /** Starts a folded group for what follows and ends the one before; a phase of KIWI, a step of ours. */
  group(title: string): void
  /** Ends the open group, if any. */
  endGroup(): void
}
