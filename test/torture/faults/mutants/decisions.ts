import { inLoop, type Mutant } from '../mutant.ts'

const commands = 'packages/core/src/approvals/commands.ts'

/** What people decide: once, about what they saw, with all that it brings about. */
export const decisionFaults: readonly Mutant[] = [
  {
    name: 'decisions: what was decided is decided again',
    file: 'packages/core/src/approvals/machine.ts',
    find: `approved: {},`,
    replace: `approved: { cancelled: ['cancel'] },`,
    caughtBy: inLoop('decisions on sqlite'),
  },
  {
    name: 'decisions: what nobody was shown is approved',
    file: commands,
    find: `if (input.payloadHash !== row.payload_hash) throw payloadChanged(row)`,
    replace: `if (input.payloadHash === '') throw payloadChanged(row)`,
    caughtBy: inLoop('decisions on postgres'),
  },
  {
    name: 'decisions: who waits for an approval is not told',
    file: commands,
    find: `const key = await kinds[row.type].approve(context, next, input)
    await wakeForDecision(context, next)`,
    replace: `const key = await kinds[row.type].approve(context, next, input)`,
    caughtBy: inLoop('decisions on sqlite'),
  },
  {
    name: 'decisions: who died before its answer is refused its decision',
    file: 'packages/core/src/kernel/execute.ts',
    find: `if (keyed) await remember(tx, keyed, output)`,
    replace: `if (keyed && definition.title !== 'Approve a request') await remember(tx, keyed, output)`,
    caughtBy: inLoop('decisions on postgres'),
  },
]
