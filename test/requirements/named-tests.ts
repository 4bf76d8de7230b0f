import ts from 'typescript'

/** A test as its source declares it; what a template fills in stands as it is written. */
export interface DeclaredTest {
  readonly name: string
  /** Never run: skipped, still to be written, or expected to fail. */
  readonly isOff: boolean
}

interface Group {
  readonly name: string
  readonly isOff: boolean
}

const groups = new Set(['describe'])
const tests = new Set(['it', 'test'])
const off = new Set(['skip', 'todo', 'fails'])

/** The tests of a file, each under the full name of its groups. */
export function declaredTests(file: string, text: string): DeclaredTest[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: DeclaredTest[] = []
  // The conformance kit takes its tests as an object: their names are its keys.
  const isKit = file.startsWith('packages/testing/src/conformance/')

  function visit(node: ts.Node, group: Group): void {
    const call = ts.isCallExpression(node) ? readCall(node) : null
    if (call && groups.has(call.root)) {
      const inner = { name: joined(group.name, call.title), isOff: group.isOff || call.isOff }
      node.forEachChild((child) => visit(child, inner))
      return
    }
    if (call && tests.has(call.root)) found.push({ name: joined(group.name, call.title), isOff: group.isOff || call.isOff })
    else if (isKit && isKeyOfTest(node)) found.push({ name: node.name.text, isOff: false })
    node.forEachChild((child) => visit(child, group))
  }

  visit(source, { name: '', isOff: false })
  return found
}

function joined(group: string, title: string): string {
  return group === '' ? title : `${group} ${title}`
}

interface TestCall {
  /** `it`, `test`, `describe`, or whatever else was called. */
  readonly root: string
  readonly title: string
  readonly isOff: boolean
}

/** What `it('…')`, `it.each(rows)('…')` and their like say; null for a call without a title. */
function readCall(call: ts.CallExpression): TestCall | null {
  const [first] = call.arguments
  const title = first && textOf(first)
  if (title === undefined) return null
  let callee: ts.Expression = call.expression
  let isOff = false
  for (;;) {
    if (ts.isCallExpression(callee)) callee = callee.expression
    else if (ts.isPropertyAccessExpression(callee)) {
      isOff ||= off.has(callee.name.text)
      callee = callee.expression
    } else break
  }
  return ts.isIdentifier(callee) ? { root: callee.text, title, isOff } : null
}

function textOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text
  return ts.isTemplateExpression(node) ? node.getText().slice(1, -1) : undefined
}

function isKeyOfTest(node: ts.Node): node is (ts.PropertyAssignment | ts.MethodDeclaration) & { name: ts.StringLiteral } {
  if (ts.isMethodDeclaration(node)) return ts.isStringLiteral(node.name)
  return ts.isPropertyAssignment(node) && ts.isStringLiteral(node.name) && ts.isArrowFunction(node.initializer)
}
