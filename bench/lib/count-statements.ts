import type { Storage } from '@engine/core'

export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

interface Watcher {
  /** Told of each statement before it runs; what it returns is told when it has run. */
  readonly onStatement?: (statement: Statement) => (() => void) | undefined
  /** What has to be done before a statement runs. */
  readonly before?: (statement: Statement) => Promise<void>
  /** Told of each begin, commit and rollback. */
  readonly onControl?: () => void
}

/** The same storage, watched. Savepoints are not seen. */
export function watchStatements(storage: Storage, { onStatement, before, onControl = () => undefined }: Watcher): Storage {
  function open() {
    const session = storage.open()
    const createDriver = () => {
      const driver = session.dialect.createDriver()
      const acquire = driver.acquireConnection.bind(driver)
      const watched = new WeakSet<object>()
      driver.acquireConnection = async (options) => {
        const connection = await acquire(options)
        // A connection serves again.
        if (watched.has(connection)) return connection
        watched.add(connection)
        const executeQuery = connection.executeQuery.bind(connection)
        connection.executeQuery = async (query, ...rest) => {
          await before?.(query)
          const onDone = onStatement?.(query)
          const result = await executeQuery<never>(query, ...rest)
          onDone?.()
          return result
        }
        return connection
      }
      const { beginTransaction, commitTransaction, rollbackTransaction } = driver
      const told = <Parameters extends unknown[]>(run: (...parameters: Parameters) => Promise<void>) => {
        return (...parameters: Parameters) => {
          onControl()
          return run.apply(driver, parameters)
        }
      }
      return Object.assign(driver, {
        beginTransaction: told(beginTransaction),
        commitTransaction: told(commitTransaction),
        rollbackTransaction: told(rollbackTransaction),
      })
    }
    return { ...session, dialect: { ...session.dialect, createDriver } }
  }
  return { ...storage, open }
}

/** The same storage, counting the statements that it is asked for; begin, commit and savepoints are not among them. */
export function countStatements(
  storage: Storage,
  given: { keepsTexts: boolean },
): { storage: Storage; count: () => number; texts: string[] } {
  const texts: string[] = []
  let count = 0
  const onStatement = ({ sql }: Statement) => {
    count += 1
    if (given.keepsTexts) texts.push(sql)
    return undefined
  }
  return { storage: watchStatements(storage, { onStatement }), count: () => count, texts }
}
