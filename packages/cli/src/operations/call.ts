import { createWriteStream, existsSync } from 'node:fs'
import { Writable } from 'node:stream'

import type { Client, Download } from '@engine/client'
import type { Operation } from '@engine/core'

import { connect, defaultCompany, type CallFlags } from './connect.ts'
import type { Field } from './field.ts'
import { isShownBefore, isUnseen, previewOf, sizeOf, writePackage } from './package.ts'
import { linesOf, paperOf } from './table.ts'
import { working } from '../working.ts'
import { nameOf, readData, readValue, UsageError } from './value.ts'

/** What was said of each field, by its name. */
type Given = Readonly<Record<string, unknown>>

interface Call {
  readonly operation: Operation
  readonly fields: readonly Field[]
  readonly given: Given
  readonly flags: CallFlags
}

/** Runs one operation on the server and prints its answer. */
export async function callOperation({ operation, fields, given, flags }: Call): Promise<void> {
  const input = await readInput({ operation, fields, given, flags })
  const client = await connect(flags)
  if (operation.definition.kind === 'query' && operation.definition.givesContent === true)
    return download(client, { operation, input, flags })
  // A server that takes its time says nothing meanwhile.
  const awaited = <Answer>(ask: () => Promise<Answer>) => working({ what: operation.definition.title, progress: () => sizeOf(input) }, ask)
  if (isUnseen(operation, input)) {
    const preview = await awaited(() => previewOf(client, operation, input))
    if (flags.yes !== true) {
      print(preview, flags)
      return console.error(`Nothing was done. To have just this done, say it again with --hash ${preview.hash}`)
    }
    input['hash'] = preview.hash
  }
  const answer = await awaited(async () =>
    flags.all === true ? { items: await everything(client, operation, input) } : client.execute(operation.name, input),
  )
  if (flags.dir !== undefined) return writePackage(flags.dir, answer)
  print(answer, flags)
  if (hasFailed(answer)) process.exitCode = 1
}

/** Whether it is the report of a test that says no: a script that asks for one goes on by its exit code. */
function hasFailed(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false
}

/** `--data` first, then what flags and arguments say. @throws UsageError naming what is missing */
async function readInput({ operation, fields, given, flags }: Call): Promise<Record<string, unknown>> {
  const input = flags.data === undefined ? {} : await readData(flags.data)
  for (const field of fields) {
    const value = given[field.name]
    if (typeof value === 'string' || typeof value === 'boolean' || isTexts(value)) input[field.name] = await readValue(field, value)
  }
  if (fields.some(({ name }) => name === 'companyId') && input['companyId'] === undefined) input['companyId'] = defaultCompany()
  if (fields.some(({ kind }) => kind === 'file')) input['name'] ??= nameOf(given['content']) ?? undefined
  const missing = fields.filter(({ isRequired, name }) => isRequired && input[name] === undefined && !isShownBefore(operation, name))
  if (missing.length > 0) throw new UsageError(`${missing.map(describe).join(', ')} must be given; --help says what each is.`)
  return input
}

function print(answer: unknown, flags: CallFlags): void {
  if (flags.json === true) console.log(JSON.stringify(answer, null, 2))
  else for (const line of linesOf(answer, paperOf(process.stdout))) console.log(line)
}

function describe({ flag, name, isArgument }: Field): string {
  if (isArgument) return `<${flag.slice(2)}>`
  return name === 'companyId' ? `${flag} (or ENGINE_COMPANY_ID)` : flag
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

async function everything(client: Client, { name }: Operation, input: Given): Promise<unknown[]> {
  const items: unknown[] = []
  let cursor: string | null | undefined
  do {
    // Only lists have the flag.
    const page = (await client.execute(name, { limit: 100, ...input, ...(cursor && { cursor }) })) as {
      items: unknown[]
      nextCursor: string | null
    }
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}

async function download(
  client: Client,
  { operation, input, flags }: { operation: Operation; input: Given; flags: CallFlags },
): Promise<void> {
  if (flags.output === undefined && process.stdout.isTTY)
    throw new UsageError('A file is not written to a terminal: say --output <file>, or send it somewhere by > or |.')
  if (flags.output !== undefined && existsSync(flags.output)) throw new UsageError(`${flags.output} is there already.`)
  // The operation gives content.
  const file = (await client.execute(operation.name, input)) as Download
  // Never in the place of a file that is there.
  const target = flags.output === undefined ? process.stdout : createWriteStream(flags.output, { flags: 'wx' })
  await file.content.pipeTo(Writable.toWeb(target), { preventClose: flags.output === undefined })
  // Whoever makes it while it is read does not say its length before.
  const length = file.byteSize === null ? '' : `, ${file.byteSize} bytes`
  if (flags.output !== undefined) console.error(`${flags.output} holds ${file.name || 'it'}${length}.`)
}
