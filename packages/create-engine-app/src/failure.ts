/** Why no app was made, in words for whoever asked for one, with the exit code: 1 could not, 2 was asked wrongly. */
export class Failure extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
