import type { HttpMethod, Operation, Registry } from '@engine/core'

/** A route's segments as a tree; `:` stands for a parameter. */
interface Node {
  readonly fixed: Map<string, Node>
  parameter: Node | null
  readonly operations: Map<string, Route>
}

interface Route {
  readonly operation: Operation
  readonly parameters: readonly string[]
}

export interface Match {
  readonly operation: Operation
  readonly parameters: Record<string, string>
}

/** Finds the operation of a method and a path below `/api`. */
export interface Routes {
  match(method: string, path: string): Match | null
  /** The methods that a path knows, to tell a wrong method from a wrong path. */
  methods(path: string): HttpMethod[]
}

export function createRoutes(registry: Registry): Routes {
  const root = createNode()
  for (const operation of registry.operations) {
    if (operation.definition.http) addRoute(root, operation, operation.definition.http)
  }
  return {
    match(method, path) {
      const values: string[] = []
      const route = find(root, path, values)?.operations.get(method)
      if (!route) return null
      const parameters: Record<string, string> = {}
      route.parameters.forEach((name, index) => (parameters[name] = values[index] ?? ''))
      return { operation: route.operation, parameters }
    },
    methods: (path) => [...(find(root, path, [])?.operations.keys() ?? [])] as HttpMethod[],
  }
}

function createNode(): Node {
  return { fixed: new Map(), parameter: null, operations: new Map() }
}

function addRoute(root: Node, operation: Operation, [method, path]: readonly [HttpMethod, string]): void {
  const parameters: string[] = []
  let node = root
  for (const segment of segmentsOf(path)) {
    if (segment.startsWith(':')) {
      parameters.push(segment.slice(1))
      node = node.parameter ??= createNode()
      continue
    }
    const next = node.fixed.get(segment) ?? createNode()
    node.fixed.set(segment, next)
    node = next
  }
  node.operations.set(method, { operation, parameters })
}

/** Walks the tree, a fixed segment before a parameter; pushes the parameters' values. */
function find(root: Node, path: string, values: string[]): Node | null {
  let node: Node | null = root
  for (const segment of segmentsOf(path)) {
    const fixed: Node | undefined = node.fixed.get(segment)
    if (fixed) node = fixed
    else {
      node = node.parameter
      const value = decode(segment)
      if (!node || value === null) return null
      values.push(value)
    }
  }
  return node
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function decode(segment: string): string | null {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}
