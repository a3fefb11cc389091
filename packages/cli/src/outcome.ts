/** Where an action leaves its exit code. */
export interface Outcome {
  exitCode: number
}
