import {
  carriedBytes,
  companyFile,
  kinds,
  longestFile,
  mostFiles,
  mostLabels,
  places,
  sidecarFile,
  type Content,
  type Entry,
  type Kind,
  type PackageFile,
} from './format.ts'

/** A package as files, in the order of their paths; the same content is the same text. */
export async function writePackage({ company, entries, sidecar }: Content): Promise<PackageFile[]> {
  const { stringify } = await import('yaml')
  const yaml = (value: object) => stringify(withoutUndefined(value), { lineWidth: 0 })
  const document = (head: object, body: string) => `---\n${yaml(head)}---\n${body === '' ? '' : `\n${body}\n`}`
  const files = kinds.flatMap((kind) =>
    entries[kind].map((entry) => ({ path: pathOf(kind, entry), content: document(entry.head, entry.body) })),
  )
  return [
    { path: companyFile, content: document(company.head, company.body) },
    { path: sidecarFile, content: yaml(sidecar) },
    ...files.toSorted((left, right) => (left.path < right.path ? -1 : 1)),
  ]
}

/** Why a package is not imported again, although it is whole; null when it is. Pure. */
export function importRefusal({ company }: Pick<Content, 'company'>, files: readonly PackageFile[]): string | null {
  const labels = company.head.labels?.length ?? 0
  if (labels > mostLabels) return `It has ${labels} labels, and an import takes ${mostLabels}. ${otherWay}`
  if (files.length > mostFiles) return `It has ${files.length} files, and an import takes ${mostFiles}. ${otherWay}`
  const long = files.find(({ content }) => content.length > longestFile)
  if (long) return `${long.path} has ${long.content.length} characters, and an import takes ${longestFile} of a file. ${otherWay}`
  const bytes = Buffer.byteLength(JSON.stringify({ files }))
  if (bytes <= carriedBytes) return null
  return `It has ${bytes} bytes as JSON, and a request carries 2 MiB: only a program that holds the engine imports it. ${otherWay}`
}

const otherWay = 'Take a part of it, or move the whole by a backup.'

function pathOf(kind: Kind, { slug, project }: Entry): string {
  const { folder, file } = places[kind]
  const above = project === null ? '' : `projects/${project}/`
  return `${above}${folder}/${slug}/${file}`
}

/** What is not said is no line of its own. */
function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined))
}
