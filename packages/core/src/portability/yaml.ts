import type { Document } from 'yaml'

export type Parse = (text: string) => unknown

/** Reads YAML of strangers. What it gives throws for what is none, for a key that is there twice, and for any alias. */
export async function createParser(): Promise<Parse> {
  const { isScalar, parseDocument, visit } = await import('yaml')
  // As it will be called in the object: nothing is called ''.
  const nameOf = (key: unknown) => (isScalar(key) && key.value === null ? '' : String(isScalar(key) ? key.value : key))

  // The parser itself compares each key with all before it: some thousands of them would keep everybody waiting for seconds.
  function refuseTwice(document: Document): void {
    visit(document, {
      Map(_, { items }) {
        const names = new Set<string>()
        for (const { key } of items) {
          const name = nameOf(key)
          if (names.has(name)) throw new Error(`the key ${name} is there twice`)
          names.add(name)
        }
      },
    })
  }

  return (text) => {
    const document = parseDocument(text, { uniqueKeys: false })
    const [problem] = document.errors
    if (problem) throw problem
    refuseTwice(document)
    // An alias may stand for another and that for another, until a small file is a large value.
    return document.toJS({ maxAliasCount: 0 })
  }
}
