/** How many levels a tree of agents or goals may have: what is deeper could not be shown as one nested answer. */
export const levelsAtMost = 100

interface Shape<Row, Node extends object, Field extends string> {
  readonly id: (row: Row) => string
  readonly parentId: (row: Row) => string | null
  readonly node: (row: Row) => Node
  /** The name under which a node holds those below it. */
  readonly field: Field
}

type Nested<Node, Field extends string> = Node & { [Name in Field]: Nested<Node, Field>[] }

/** Nests rows below their parents, in the order in which they came; what has no parent among them is at the top. Pure. */
export function nest<Row, Node extends object, Field extends string>(
  rows: readonly Row[],
  shape: Shape<Row, Node, Field>,
): Nested<Node, Field>[] {
  const below = new Map<string, Nested<Node, Field>[]>(rows.map((row) => [shape.id(row), []]))
  const top: Nested<Node, Field>[] = []
  for (const row of rows) {
    const parentId = shape.parentId(row)
    const siblings = (parentId === null ? undefined : below.get(parentId)) ?? top
    // A computed name loses its type.
    siblings.push({ ...shape.node(row), [shape.field]: below.get(shape.id(row)) ?? [] } as Nested<Node, Field>)
  }
  return top
}
