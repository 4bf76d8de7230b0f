import type { Requirement } from './requirement.ts'

/** How agents are executed: adapters and workers. */
export const execution: readonly Requirement[] = [
  {
    id: 'adapters.process',
    source: 'adapter contract §11.2',
    behaviour: 'A program gets its context, and what it prints becomes the log and the events of its run.',
    verifiedBy: {
      file: 'packages/adapters/src/process/protocol.test.ts',
      test: 'becomes events in its order, with its other lines as log',
    },
  },
  {
    id: 'adapters.process.exit',
    source: 'adapter contract §11.2',
    behaviour: 'The exit code and the time limit of a program decide how its run ended.',
    verifiedBy: {
      file: 'packages/adapters/src/process/exit.test.ts',
      test: 'with another exit code is a failure with the end of its stderr',
    },
  },
  {
    id: 'adapters.process.cancel',
    source: 'adapter contract §11.2',
    behaviour: 'A program is asked to end and killed after its grace, with all that it started.',
    verifiedBy: { file: 'packages/adapters/src/process/process-tree.test.ts', test: 'when it takes too long' },
  },
  {
    id: 'adapters.process.environment',
    source: 'security list §16',
    behaviour: 'A program gets an environment without the secrets of the host.',
    verifiedBy: { file: 'packages/adapters/src/process/protocol.test.ts', test: 'is an environment without the secrets of the host' },
  },
  {
    id: 'adapters.process.shell',
    source: 'security list §16',
    behaviour: 'No shell reads what a program is started with.',
    verifiedBy: { file: 'packages/adapters/src/process/protocol.test.ts', test: 'is its arguments as they are: no shell reads them' },
  },
  {
    id: 'adapters.process.programs',
    source: 'PROMISES S3',
    behaviour: 'Agents are run by no program but those that the host allows, whatever a configuration or a variable says.',
    verifiedBy: {
      file: 'packages/adapters/src/program/allowed.test.ts',
      test: 'refuses a configuration with a program that the host does not allow',
    },
  },
  {
    id: 'adapters.contract',
    source: 'adapter contract §11.1',
    behaviour: 'Any adapter passes one kit of tests.',
    verifiedBy: { file: 'packages/testing/src/adapters/kit-bites.test.ts', test: 'there is a defect for every test' },
  },
  {
    id: 'adapters.http',
    source: 'adapter contract §11.3',
    behaviour: 'An agent is invoked by HTTP, and its end comes back by a signed callback.',
    later: 'adapters',
  },
  {
    id: 'adapters.models',
    source: 'feature list: Agent Execution',
    behaviour: 'Agents run on the models of several providers.',
    verifiedBy: {
      file: 'packages/adapters/src/models/run.test.ts',
      test: 'uses the tools of Engine, reads what they answer, and hands in its result',
    },
  },
  {
    id: 'adapters.sessions',
    source: 'product decision: adapters',
    behaviour: 'Agents run as local command line tools with sessions.',
    verifiedBy: {
      file: 'packages/adapters/src/cli/run.test.ts',
      test: 'goes on in the next run, which tells the counters of both as such',
    },
  },
  {
    id: 'adapters.person',
    source: 'DOMAIN §2',
    behaviour: 'A person is given the work of an agent by a question, and the run waits for them without a process.',
    verifiedBy: {
      file: 'test/person-adapter.test.ts',
      test: 'waits in an inbox without a process, hands in what was answered, and asks again for a revision',
    },
  },
  {
    id: 'adapters.acp',
    source: 'product decision: adapters',
    behaviour: 'Any program that speaks the Agent Client Protocol can be an agent, with its sessions.',
    verifiedBy: {
      file: 'packages/adapters/src/acp/acp.test.ts',
      test: 'goes on in its session, whose past is not told again, and tells what both have cost',
    },
  },
  {
    id: 'adapters.a2a',
    source: 'product decision: adapters',
    behaviour: 'An agent elsewhere that speaks Agent2Agent is given tasks, and what it asks is asked of a person.',
    verifiedBy: {
      file: 'packages/adapters/src/a2a/a2a.test.ts',
      test: 'that asks waits for the answer of a person, and goes on with its task',
    },
  },
  {
    id: 'adapters.fallback',
    source: 'DOMAIN §3',
    behaviour: 'An agent falls back to other adapters in their order, and the run says which it got and why.',
    verifiedBy: { file: 'test/failures.test.ts', test: 'take over in their order while the provider' },
  },
  {
    id: 'adapters.fallback.next',
    source: 'DOMAIN §3',
    behaviour: 'The next attempt goes to the next adapter after a failure that another one may not have.',
    verifiedBy: { file: 'test/failures.test.ts', test: 'take over in the next attempt' },
  },
  {
    id: 'adapters.profile',
    source: 'DOMAIN §3',
    behaviour: 'A task, or what it belongs to, asks for the cheap profile of its agent by a preference.',
    verifiedBy: { file: 'test/failures.test.ts', test: 'are the cheap profile first where the task prefers it' },
  },
  {
    id: 'workers.remote',
    source: 'platform list: worker nodes',
    behaviour: 'Workers on other machines take runs without access to the database, with all that their execution needs.',
    verifiedBy: { file: 'test/nodes.test.ts', test: 'register with a key, are listed, and execute what is queued' },
    operations: ['nodes.lease', 'nodes.register', 'nodes.heartbeat'],
  },
  {
    id: 'workers.processes',
    source: 'platform list: worker nodes',
    behaviour: 'A process without HTTP takes runs beside others on the same Postgres, and is refused on what cannot be shared.',
    verifiedBy: { file: 'test/worker-processes.test.ts', test: 'executes what others queued, is listed by its name' },
  },
  {
    id: 'workers.processes.refused',
    source: 'platform list: worker nodes',
    behaviour: 'A worker on a database that it cannot share is refused with what would work.',
    verifiedBy: { file: 'test/worker-processes.test.ts', test: 'is refused on %s, with what would work' },
  },
  {
    id: 'workers.killed',
    source: 'PROMISES P3, P4',
    behaviour: 'Workers that are killed, stopped and replaced lose no task and do none twice.',
    verifiedBy: { file: 'test/worker-processes.test.ts', test: 'lose no task, do none twice, and leave no process' },
  },
  {
    id: 'workers.grace',
    source: 'PROMISES P19',
    behaviour:
      'A worker that is told to stop takes nothing new, lets runs end for a grace, hands the rest back, and ends at once at a second signal.',
    verifiedBy: { file: 'test/worker-processes.test.ts', test: 'hands back at SIGTERM what does not end within the grace' },
  },
  {
    id: 'workers.nodes',
    source: 'platform list: worker nodes',
    behaviour: 'A node registers with a shared key, reports what it can do, and drains.',
    verifiedBy: { file: 'test/nodes.test.ts', test: 'get nothing new while they drain' },
  },
  {
    id: 'workers.nodes.keys',
    source: 'PROMISES S4, S5',
    behaviour: 'A key of nodes is shown once, ends, and is revoked; what is wrong with one is not told.',
    verifiedBy: { file: 'test/nodes.test.ts', test: 'are refused with a key that is wrong, expired or revoked' },
    operations: ['nodes.createKey', 'nodes.listKeys', 'nodes.revokeKey'],
  },
  {
    id: 'workers.nodes.stop',
    source: 'PROMISES P19',
    behaviour: 'A node hands back what does not end within its grace, and signs off.',
    verifiedBy: { file: 'test/nodes.test.ts', test: 'hand back what does not end within their grace' },
    operations: ['nodes.leave'],
  },
  {
    id: 'workers.nodes.revoked',
    source: 'PROMISES S4',
    behaviour: 'A node that is revoked is let in no more, nor are the runs that it executes; another one does them.',
    verifiedBy: { file: 'test/nodes.test.ts', test: 'lose what they execute when %s is revoked' },
    operations: ['workers.revoke'],
  },
  {
    id: 'workers.nodes.isolated',
    source: 'PROMISES P16',
    behaviour: 'A node gets no run of an adapter that it has not, and sees nothing else of a company.',
    verifiedBy: { file: 'test/nodes.test.ts', test: 'get no run of an adapter that they have not' },
  },
  {
    id: 'workers.nodes.late',
    source: 'PROMISES P2, P3',
    behaviour: 'A node that comes back after its lease is refused on every route.',
    verifiedBy: { file: 'test/nodes.test.ts', test: 'are refused on every route when they come back' },
  },
  {
    id: 'workers.nodes.secrets',
    source: 'PROMISES S15',
    behaviour: 'The server blots secrets out of what a node says, also when the node did not.',
    verifiedBy: { file: 'test/nodes.test.ts', test: 'say nothing with the value of a secret' },
  },
  {
    id: 'workers.stop',
    source: 'platform list: workers',
    behaviour: 'A worker stops gracefully.',
    verifiedBy: { file: 'test/kill.test.ts', test: 'hands its run back without burning an attempt' },
  },
  {
    id: 'workers.look',
    source: 'DESIGN §5',
    behaviour: 'A look for work visits the agents for whom something is queued, and no others.',
    verifiedBy: { file: 'test/dispatch-plans.test.ts', test: 'visits on Postgres only those for whom something is queued' },
  },
  {
    id: 'workers.hints',
    source: 'DOMAIN §3',
    behaviour: 'Work of another process starts at once where the storage has hints, and within the poll where they are lost.',
    verifiedBy: { file: 'packages/testing/src/conformance/several-engines.ts', test: 'although all hints are lost' },
  },
  {
    id: 'workers.list',
    source: 'platform list: admin workers',
    behaviour: 'Workers are listed with what they are and what they execute.',
    verifiedBy: { file: 'test/workers.test.ts', test: 'are listed from their start on' },
    operations: ['workers.list', 'workers.get', 'workers.register'],
  },
  {
    id: 'workers.lost',
    source: 'platform list: admin workers',
    behaviour: 'A worker that gives no sign of life is shown as lost, without anybody doing anything.',
    verifiedBy: { file: 'test/workers.test.ts', test: 'are shown as lost once they are silent' },
    operations: ['workers.beat', 'workers.leave'],
  },
  {
    id: 'workers.drain',
    source: 'platform list: worker nodes',
    behaviour: 'A worker that drains takes nothing new and ends what it has; it can be resumed.',
    verifiedBy: { file: 'test/workers.test.ts', test: 'take nothing new while they drain' },
    operations: ['workers.drain', 'workers.resume'],
  },
  {
    id: 'workers.access',
    source: 'DOMAIN §5',
    behaviour: 'Workers are seen and drained by people who have the role everywhere, by nobody of one company alone.',
    verifiedBy: { file: 'test/workers.test.ts', test: 'are for people who have the role everywhere' },
  },
]
