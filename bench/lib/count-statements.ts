import type { Storage } from '@engine/core'

/** The same storage, counting the statements that it is asked for; begin, commit and savepoints are not among them. */
export function countStatements(
  storage: Storage,
  given: { keepsTexts: boolean },
): { storage: Storage; count: () => number; texts: string[] } {
  const texts: string[] = []
  let count = 0
  function open() {
    const session = storage.open()
    const createDriver = () => {
      const driver = session.dialect.createDriver()
      const acquire = driver.acquireConnection.bind(driver)
      driver.acquireConnection = async (options) => {
        const connection = await acquire(options)
        const executeQuery = connection.executeQuery.bind(connection)
        connection.executeQuery = (query, ...rest) => {
          count += 1
          if (given.keepsTexts) texts.push(query.sql)
          return executeQuery(query, ...rest)
        }
        return connection
      }
      return driver
    }
    return { ...session, dialect: { ...session.dialect, createDriver } }
  }
  return { storage: { ...storage, open }, count: () => count, texts }
}
