import { z } from 'zod'

import { assertMay } from '../kernel/authorize.ts'
import { command, query, type QueryContext } from '../kernel/command.ts'
import { Id } from '../kernel/schema.ts'
import { apply, assertAsShown, found } from './apply.ts'
import { collect } from './collect.ts'
import { openPackage, planImport, showPlan } from './plan.ts'
import { Collisions, CompanyPackage, founding, Imported, ImportPreview, packageInput } from './schema.ts'
import { importRefusal, writePackage } from './write.ts'

const manage = { scope: 'companies:manage', company: 'company' } as const
const packageScopes = ['agents:read', 'goals:read', 'projects:read', 'knowledge:read', 'routines:read', 'tasks:read'] as const

/** A key that may not read these things one by one reads none by a package, nor by what one would do here. @throws `forbidden` */
function assertMayRead(context: QueryContext): void {
  for (const scope of packageScopes) assertMay(context, scope)
}

const founder = { scope: 'companies:create', company: 'new' } as const
const merging = { companyId: Id, ...packageInput, collisions: Collisions.default('skip') }
const hash = z.string().max(64).describe('Of the preview that you agree to.')
const inert = 'Nothing starts by it: agents and routines are paused, tasks are in the backlog, and what runs an agent is for you to set up.'

const exportPackage = query({
  title: 'Export a company as a package of Markdown files',
  description: 'What it is, not what happened in it; secrets and the values of environments by their names alone.',
  input: z.strictObject({ companyId: Id }),
  output: CompanyPackage,
  access: manage,
  http: ['GET', '/companies/:companyId/export'],
  async handle(context) {
    assertMayRead(context)
    const { content, leftOut } = await collect(context.db, context.companyId)
    const files = await writePackage(content)
    return { files, leftOut: [...leftOut], importRefusal: importRefusal(content, files) }
  },
})

const previewImport = query({
  title: 'Show what importing a package as a new company would do',
  input: z.strictObject(packageInput),
  output: ImportPreview,
  access: founder,
  http: ['POST', '/companies/import/preview'],
  async handle({ db, adapters }, { files }) {
    return showPlan(await planImport(db, await openPackage(files), asNew), adapters)
  },
})

const asNew = { companyId: null, collisions: 'skip' } as const

const importPackage = command({
  title: 'Import a package as a new company',
  description: inert,
  input: z.strictObject({ ...packageInput, ...founding, hash }),
  output: Imported,
  access: founder,
  http: ['POST', '/companies/import'],
  creates: true,
  prepare: (_context, { files }) => openPackage(files),
  async handle(context, { files: _files, hash: shown, ...called }, given) {
    const plan = await planImport(context.tx, given, asNew)
    assertAsShown(plan, shown)
    await found(context, plan.content, called)
    return apply(context, plan, { isNew: true })
  },
})

const previewMerge = query({
  title: 'Show what importing a package into a company would do',
  input: z.strictObject(merging),
  output: ImportPreview,
  access: manage,
  http: ['POST', '/companies/:companyId/import/preview'],
  async handle(context, { files, companyId, collisions }) {
    assertMayRead(context)
    const { db, adapters } = context
    return showPlan(await planImport(db, await openPackage(files), { companyId, collisions }), adapters)
  },
})

export const merge = command({
  title: 'Import a package into a company',
  description: `${inert} The company itself stays as it is.`,
  input: z.strictObject({ ...merging, hash }),
  output: Imported,
  access: manage,
  http: ['POST', '/companies/:companyId/import'],
  prepare: (_context, { files }) => openPackage(files),
  async handle(context, { companyId, collisions, hash: shown }, given) {
    const plan = await planImport(context.tx, given, { companyId, collisions })
    assertAsShown(plan, shown)
    return apply(context, plan, { isNew: false })
  },
})

export { exportPackage as export, importPackage as import, previewImport, previewMerge }
