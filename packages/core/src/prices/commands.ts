import { z } from 'zod'

import { assertVersion } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { canonicalJson } from '../kernel/json.ts'
import { Id } from '../kernel/schema.ts'
import { At, CompanyPrice, GivenPrice, Model, Provider } from './schema.ts'
import { changePrice, deletePrice, findCompanyPrice, findPriceFrom } from './sql.ts'
import { toCompanyPrice, toPrice, type PriceTable } from './table.ts'

const SetInput = z.strictObject({
  companyId: Id,
  provider: Provider,
  model: Model.describe(
    'Its name, with or without the date of a version; "*" for all models of the provider that have no price of their own.',
  ),
  effectiveFrom: At,
  ...GivenPrice,
  version: z.number().int().optional(),
})

export const set = command({
  title: 'Say what a model costs the company',
  description:
    'Goes before the prices of the host and the list prices that Engine brings along, from its time on. The same provider, model and time again changes that price; the same price again changes nothing. What was charged already stays as it is.',
  input: SetInput,
  output: CompanyPrice,
  access: { scope: 'prices:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/prices'],
  async handle(context, input) {
    const { provider, model, effectiveFrom = context.now, version } = input
    const key = { company_id: context.companyId, provider, model, effective_from: effectiveFrom }
    const rates = ratesOf(input)
    const known = await findPriceFrom(context.tx, key)
    if (!known && version !== undefined) throw notFound('price', `of ${model} of ${provider} from ${effectiveFrom}`)
    if (known) assertVersion('price', known, version)
    if (known && canonicalJson(toPrice(known)) === canonicalJson(toPrice({ ...known, ...rates }))) {
      context.unchanged()
      return toCompanyPrice(known)
    }
    const row = known ? await changePrice(context, known, rates) : await add(context, { ...key, ...rates })
    context.emit('price.set', ref(row), aboutOf(row))
    return toCompanyPrice(row)
  },
})

export const remove = command({
  title: 'Take a price off the rate card of the company',
  description: 'From then on the one before it counts, else that of the host or of the list. What was charged already stays as it is.',
  input: z.strictObject({ priceId: Id, version: z.number().int().optional() }),
  output: z.object({ priceId: Id }),
  access: { scope: 'prices:manage', company: 'price' },
  http: ['DELETE', '/prices/:priceId'],
  async handle(context, { priceId, version }) {
    const row = await findCompanyPrice(context.tx, priceId)
    if (!row) throw notFound('price', priceId)
    assertVersion('price', row, version)
    await deletePrice(context.tx, row)
    context.emit('price.removed', { ...ref(row), version: row.version + 1 }, aboutOf(row))
    return { priceId: row.id }
  },
})

type RateColumns = Pick<PriceTable, 'input_micros' | 'cached_input_micros' | 'cache_write_micros' | 'output_micros' | 'tiers'>
type Given = Pick<z.output<typeof SetInput>, 'inputMicros' | 'cachedInputMicros' | 'cacheWriteMicros' | 'outputMicros'>

/** Where a rate of the cache is left out, such tokens cost what the others do. */
function filledIn({ inputMicros, cachedInputMicros = inputMicros, cacheWriteMicros = inputMicros, outputMicros }: Given) {
  return { inputMicros, cachedInputMicros, cacheWriteMicros, outputMicros }
}

function ratesOf(input: z.output<typeof SetInput>): RateColumns {
  const { inputMicros, cachedInputMicros, cacheWriteMicros, outputMicros } = filledIn(input)
  const tiers = input.tiers
    .map(({ aboveInputTokens, ...rates }) => ({ aboveInputTokens, ...filledIn(rates) }))
    .toSorted((left, right) => left.aboveInputTokens - right.aboveInputTokens)
  return {
    input_micros: inputMicros,
    cached_input_micros: cachedInputMicros,
    cache_write_micros: cacheWriteMicros,
    output_micros: outputMicros,
    tiers: JSON.stringify(tiers),
  }
}

async function add(context: CommandContext, fields: Omit<PriceTable, 'id' | 'version' | 'created_at' | 'updated_at'>): Promise<PriceTable> {
  const row: PriceTable = { id: context.newId(), ...fields, version: 1, created_at: context.now, updated_at: context.now }
  await context.tx.insertInto('prices').values(row).execute()
  return row
}

function ref({ id, version }: PriceTable) {
  return { type: 'price' as const, id, version }
}

function aboutOf({ provider, model, effective_from: effectiveFrom }: PriceTable) {
  return { provider, model, effectiveFrom }
}
