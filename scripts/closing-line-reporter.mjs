/** Ends a test run with what only a second try passed, and with `N passed, N failed` alone on a line, for tools that count tests. */
export default class ClosingLineReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const states = tests.map((test) => test.result().state)
    const count = (state) => states.filter((each) => each === state).length
    // A file that could not be loaded has no tests of its own to fail.
    const brokenFiles = modules.filter((module) => module.errors().length > 0).length
    const failed = count('failed') + brokenFiles + unhandledErrors.length
    const skipped = count('skipped')
    for (const test of tests.filter((each) => each.diagnostic()?.flaky))
      console.log(`passed only on a second try: ${test.module.relativeModuleId} > ${test.fullName}`)
    console.log(`${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  }
}
