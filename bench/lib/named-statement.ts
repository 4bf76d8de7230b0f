import type { Client, QueryResultRow } from 'pg'

/** A statement that every connection prepares once; its parameters are written as `{name:type}`. */
export interface NamedStatement {
  run<Row extends QueryResultRow>(client: Client, given: object): Promise<Row[]>
}

export function namedStatement(name: string, text: string): NamedStatement {
  const names: string[] = []
  const numbered = text.replaceAll(/\{(\w+):(\w+)\}/g, (_, parameter: string, type: string) => {
    if (!names.includes(parameter)) names.push(parameter)
    return `$${names.indexOf(parameter) + 1}::${type}`
  })
  return {
    async run<Row extends QueryResultRow>(client: Client, given: object) {
      const values = names.map((parameter) => Reflect.get(given, parameter) as unknown)
      const { rows } = await client.query<Row>({ name, text: numbered, values })
      return rows
    },
  }
}
