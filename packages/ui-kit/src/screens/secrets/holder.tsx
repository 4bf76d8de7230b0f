import { useOperation } from '../../data/use-operation.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { AgentName } from '../../parts/who.tsx'

interface HolderIds {
  readonly agentId: string | null
  readonly projectId?: string | null
  readonly routeId: string | null
  readonly pluginId: string | null
}

/** Who has a secret or wanted it, by its name. */
export function Holder({ of: { agentId, projectId = null, routeId, pluginId } }: { of: HolderIds }) {
  if (agentId !== null) return <AgentName id={agentId} />
  if (projectId !== null) return <ProjectName projectId={projectId} />
  if (routeId !== null) return <RouteName routeId={routeId} />
  return pluginId === null ? <span>All of the company</span> : <PluginName pluginId={pluginId} />
}

function ProjectName({ projectId }: { projectId: string }) {
  const { data } = useOperation('projects.get', { projectId })
  return (
    <PlaceLink to={{ screen: 'project', projectId }} className="eng-link">
      {data?.name ?? '…'}
    </PlaceLink>
  )
}

/** Of one that is deleted, what it was is left. */
function RouteName({ routeId }: { routeId: string }) {
  const { data } = useOperation('routes.get', { routeId })
  return (
    <PlaceLink to={{ screen: 'routes' }} className="eng-link">
      {data ? `Route ${data.name}` : 'A route'}
    </PlaceLink>
  )
}

function PluginName({ pluginId }: { pluginId: string }) {
  const { data } = useOperation('plugins.get', { pluginId })
  return (
    <PlaceLink to={{ screen: 'plugins' }} className="eng-link">
      {data ? `Plugin ${data.title}` : 'A plugin'}
    </PlaceLink>
  )
}

/** Where in its configuration a route or a plugin names the secret, without the id that comes before it. Pure. */
export function placeIn({ routeId, pluginId, place }: HolderIds & { readonly place: string }): string {
  const prefix = routeId === null ? `plugins.${pluginId}.` : `routes.${routeId}.`
  return place.startsWith(prefix) ? place.slice(prefix.length) : place
}
