import type { Operation, Registry } from '@engine/core'

/** The client's table of routes as a module: one text an operation, small enough for a browser, and free of schemas. */
export function routesModule(registry: Registry): string {
  const modules = Object.groupBy(
    registry.operations.filter(({ definition }) => definition.http),
    ({ module }) => module,
  )
  const entries = Object.entries(modules).map(([module, operations = []]) => {
    const verbs = operations.map((operation) => `${operation.verb}: ${JSON.stringify(written(operation))}`)
    return `${module}: { ${verbs.join(', ')} }`
  })
  const head = [
    '// Generated from the registry by `pnpm docs:generate`.',
    '/** Method and path below `/api` of each operation that has a route, and what is special about it. */',
  ]
  return `${head.join('\n')}\nexport const routes = { ${entries.join(', ')} } as const\n`
}

function written({ definition }: Operation): string {
  const command = definition.kind === 'command' ? definition : null
  const traits = {
    read: !command && definition.http?.[0] !== 'GET',
    once: command?.answersOnce !== undefined,
    upload: command?.takesContent !== undefined,
    raw: command?.takesRequest !== undefined,
    download: definition.kind === 'query' && definition.givesContent === true,
    page: 'shape' in definition.output && 'nextCursor' in Object(definition.output.shape),
  }
  return [...(definition.http ?? []), ...Object.keys(traits).filter((trait) => Reflect.get(traits, trait) === true)].join(' ')
}
