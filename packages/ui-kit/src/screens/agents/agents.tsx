import { useAgents } from '../../data/hooks.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Card, Screen } from '../../parts/screen.tsx'
import { Empty, FailureNotice, Loading } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { AgentName } from '../../parts/who.tsx'
import { AgentControls } from './agent-controls.tsx'

/** Who works here, and whether they do right now. */
export function Agents() {
  const { items, isLoading, error, retry, hasMore, more } = useAgents()
  return (
    <Screen title="Agents" isPadded>
      {error && items.length === 0 && <FailureNotice error={error} onRetry={retry} />}
      {isLoading && <Loading />}
      {!isLoading && !error && items.length === 0 && (
        <Empty title="Nobody works here yet">
          Hire the first agent with the API or `engine agents create`; it takes up work as soon as it is assigned.
        </Empty>
      )}
      {items.length > 0 && (
        <Card>
          <div className="eng-scroll" role="region" aria-label="Agents" tabIndex={0}>
            <table className="eng-table">
              <thead>
                <tr>
                  <th>Agent</th>
                  <th>Role</th>
                  <th>Status</th>
                  <th>Adapter</th>
                  <th>Can do</th>
                  <th>
                    <span className="eng-hidden">Change</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((agent) => (
                  <tr key={agent.id}>
                    <td>
                      <AgentName id={agent.id} />
                    </td>
                    <td>{agent.title ?? agent.role}</td>
                    <td>
                      <PlaceLink to={{ screen: 'agent', agentId: agent.id }}>
                        <Status of={agent.status} />
                      </PlaceLink>
                      {agent.errorMessage !== null && <p className="eng-bad eng-small">{agent.errorMessage}</p>}
                    </td>
                    <td className="eng-soft">{agent.adapterType}</td>
                    <td className="eng-soft">{agent.capabilities.slice(0, 4).join(', ')}</td>
                    <td>
                      <AgentControls agent={agent} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
      {hasMore && (
        <button type="button" className="eng-button" onClick={more}>
          More
        </button>
      )}
    </Screen>
  )
}
