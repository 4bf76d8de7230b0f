import { z } from 'zod'

import { Id, Name } from '../kernel/schema.ts'
import { CompanyInput } from '../companies/schema.ts'
import { kinds, mostFiles, PackageFile } from './format.ts'

export const CompanyPackage = z
  .object({
    files: z.array(PackageFile),
    leftOut: z.array(z.object({ what: z.string(), why: z.string() })).describe('What of the company is not in it.'),
    importRefusal: z
      .string()
      .nullable()
      .describe('Why it is not imported again as it is, since it is too large for that; null when it is.'),
  })
  .meta({ id: 'CompanyPackage' })

export const Collisions = z
  .enum(['skip', 'rename', 'replace'])
  .describe(
    'What becomes of a thing whose name is taken here: `skip` uses the one that is here, `rename` makes another with a number behind its name, `replace` changes the one that is here.',
  )
export type Collisions = z.infer<typeof Collisions>

export const packageInput = { files: z.array(PackageFile).min(1).max(mostFiles) }

/** What a new company is called, where that is not what its package says. */
export const founding = { name: Name.optional(), taskPrefix: CompanyInput.taskPrefix }

export const ImportItem = z.object({
  kind: z.enum([...kinds, 'label']),
  slug: z.string().describe('Its folder in the package; of a label, its name.'),
  name: z.string().describe('What it is called here.'),
  action: z.enum(['create', 'rename', 'replace', 'skip']),
  id: Id.nullable().describe('What is here of that name; null when nothing is yet.'),
})
export type ImportItem = z.infer<typeof ImportItem>

export const ImportPreview = z
  .object({
    hash: z.string().describe('Say it when you import: what is done then is what is shown here, or nothing.'),
    name: z.string().describe('Of the company.'),
    items: z.array(ImportItem),
    ignored: z.array(z.string()).describe('Files that are no part of a package.'),
    needs: z
      .object({
        adapters: z.array(z.object({ agent: z.string(), adapterType: z.string(), isKnown: z.boolean() })),
        secrets: z.array(z.string()),
        environment: z.array(z.object({ project: z.string(), names: z.array(z.string()) })),
      })
      .describe('What somebody has to set up before the agents can work.'),
  })
  .meta({ id: 'ImportPreview' })
export type ImportPreview = z.infer<typeof ImportPreview>

export const Imported = z
  .object({ companyId: Id, name: z.string(), items: z.array(ImportItem.extend({ id: Id })).describe('With what each is here now.') })
  .meta({ id: 'ImportedCompany' })
export type Imported = z.infer<typeof Imported>
