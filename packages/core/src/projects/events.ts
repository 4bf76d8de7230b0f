import { z } from 'zod'

import { ProjectStatus } from './schema.ts'

export const projectEvents = {
  'project.created': z.object({ name: z.string(), status: ProjectStatus }),
  'project.updated': z.object({ changed: z.array(z.string()) }),
  'project.status_changed': z.object({ from: ProjectStatus, to: ProjectStatus }),
}
