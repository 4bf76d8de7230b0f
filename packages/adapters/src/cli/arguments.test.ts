import { describe, expect, test } from 'vitest'

import { claudeCode } from '../claude-code/adapter.ts'
import { codex } from '../codex/adapter.ts'
import { cursor } from '../cursor/adapter.ts'
import { geminiCli } from '../gemini-cli/adapter.ts'
import { opencode } from '../opencode/adapter.ts'
import { pi } from '../pi/adapter.ts'
import type { CliConfig } from './config.ts'
import type { CliDefinition } from './definition.ts'

const cwd = '/workspace'

interface Place {
  readonly sessionId?: string | null
  readonly cap?: { readonly costMicros: number } | null
  readonly toolsUrl?: string | null
}

function argumentsOf<Config extends CliConfig>(
  definition: CliDefinition<Config>,
  given: object,
  { sessionId = null, cap = null, toolsUrl = null }: Place = {},
): string {
  return definition.arguments(definition.configSchema.parse({ cwd, ...given }), { sessionId, cwd, cap, toolsUrl }).join(' ')
}

describe('the arguments of', () => {
  test('Claude Code and Codex, when they are told of the tools of Engine', () => {
    const toolsUrl = 'http://127.0.0.1:4711/mcp'
    const server =
      '{"mcpServers":{"engine":{"type":"http","url":"${ENGINE_MCP_URL}","headers":{"Authorization":"Bearer ${ENGINE_MCP_TOKEN}"}}}}'
    expect(argumentsOf(claudeCode, {}, { toolsUrl })).toBe(
      `-p --bare --output-format stream-json --verbose --permission-mode acceptEdits --allowedTools mcp__engine --mcp-config ${server}`,
    )
    const own = { mcpConfig: '/mcp.json', allowedTools: ['Edit'] }
    expect(argumentsOf(claudeCode, own, { toolsUrl })).toContain(
      `--allowedTools Edit,mcp__engine --mcp-config /mcp.json ${server} --strict-mcp-config`,
    )
    expect(argumentsOf(codex, {}, { toolsUrl })).toContain(
      '-c mcp_servers.engine.url="http://127.0.0.1:4711/mcp" -c mcp_servers.engine.bearer_token_env_var="ENGINE_MCP_TOKEN" ' +
        '-c mcp_servers.engine.default_tools_approval_mode="approve" -',
    )
  })

  test('Claude Code', () => {
    expect(argumentsOf(claudeCode, {})).toBe('-p --bare --output-format stream-json --verbose --permission-mode acceptEdits')
    const all = {
      bare: false,
      permissionMode: 'dontAsk',
      model: 'opus',
      tools: ['Bash', 'Read'],
      allowedTools: ['Bash(git *)', 'Edit'],
      disallowedTools: ['WebFetch'],
      maxTurns: 7,
      maxBudgetUsd: 1.5,
      effort: 'high',
      mcpConfig: '/mcp.json',
    }
    expect(argumentsOf(claudeCode, all, { sessionId: 'abc' })).toBe(
      '-p --output-format stream-json --verbose --permission-mode dontAsk --model opus --tools Bash,Read --allowedTools Bash(git *),Edit ' +
        '--disallowedTools WebFetch --max-turns 7 --max-budget-usd 1.5 --effort high --mcp-config /mcp.json --strict-mcp-config --resume abc',
    )
    expect(argumentsOf(claudeCode, { resume: false })).toMatch(/--no-session-persistence$/)
  })

  test('Claude Code hold the least of its own cap and what is held for the run', () => {
    const cap = { costMicros: 250_000 }
    expect(argumentsOf(claudeCode, {}, { cap })).toContain('--max-budget-usd 0.25')
    expect(argumentsOf(claudeCode, { maxBudgetUsd: 0.1 }, { cap })).toContain('--max-budget-usd 0.1')
    expect(argumentsOf(claudeCode, { maxBudgetUsd: 7 }, { cap: { costMicros: 1 } })).toContain('--max-budget-usd 0.000001')
  })

  test('Codex', () => {
    const base = 'exec --json --skip-git-repo-check -C /workspace -s workspace-write'
    expect(argumentsOf(codex, {})).toBe(`${base} -c check_for_update_on_startup=false -`)
    expect(
      argumentsOf(codex, { model: 'gpt-5', settings: { model_reasoning_effort: '"high"' }, ignoreUserConfig: true }, { sessionId: 'abc' }),
    ).toBe(`${base} -m gpt-5 --ignore-user-config -c check_for_update_on_startup=false -c model_reasoning_effort="high" resume abc -`)
    expect(argumentsOf(codex, { resume: false })).toContain('--ephemeral')
  })

  test('Gemini CLI', () => {
    expect(argumentsOf(geminiCli, {})).toBe('-o stream-json --approval-mode auto_edit --skip-trust')
    expect(
      argumentsOf(geminiCli, { approvalMode: 'yolo', model: 'pro', includeFolders: ['/a', '/b'], policyFile: '/p' }, { sessionId: 'abc' }),
    ).toBe('-o stream-json --approval-mode yolo --skip-trust -m pro --include-directories /a,/b --policy /p -r abc')
  })

  test('opencode', () => {
    expect(argumentsOf(opencode, { model: 'a/b' })).toBe('run --format json -m a/b --dir /workspace')
    expect(argumentsOf(opencode, { model: 'a/b', agent: 'build', auto: true }, { sessionId: 'ses' })).toBe(
      'run --format json -m a/b --dir /workspace --agent build --auto -s ses',
    )
  })

  test('the Cursor agent', () => {
    expect(argumentsOf(cursor, {})).toBe('-p --output-format stream-json --workspace /workspace')
    expect(argumentsOf(cursor, { model: 'm', mode: 'plan', force: true }, { sessionId: 'abc' })).toBe(
      '-p --output-format stream-json --workspace /workspace --model m --mode plan --force --resume abc',
    )
  })

  test('pi', () => {
    expect(argumentsOf(pi, {})).toBe('-p --mode json')
    expect(argumentsOf(pi, { provider: 'anthropic', model: 'm', thinking: 'low', tools: ['read', 'bash'] }, { sessionId: 'abc' })).toBe(
      '-p --mode json --provider anthropic --model m --thinking low --tools read,bash --session abc',
    )
    expect(argumentsOf(pi, { resume: false })).toMatch(/--no-session$/)
  })
})

describe('a configuration', () => {
  const parse = (given: object) => claudeCode.configSchema.safeParse(given).success

  test('names one place to work in', () => {
    expect(parse({})).toBe(false)
    expect(parse({ cwd, workspace: { repository: '/r' } })).toBe(false)
    expect(parse({ workspace: { repository: '/r' } })).toBe(true)
  })

  test.each([
    { unknown: 1 },
    { model: '--dangerous' },
    { allowedTools: ['--x'] },
    { cwd: 'relative' },
    { home: 'relative' },
    { env: { ENGINE_X: '1' } },
    { timeoutSec: 0 },
    { maxTurns: 0 },
    { command: 'claude\nrm' },
    { args: ['a\0b'] },
  ])('is refused: %j', (given) => {
    expect(parse({ cwd, ...given })).toBe(false)
  })

  test('finds the variable of the key by the provider', () => {
    const keys = (model: string) => opencode.apiKeyVariables(opencode.configSchema.parse({ cwd, model }))
    expect(keys('anthropic/x')).toEqual(['ANTHROPIC_API_KEY'])
    expect(keys('google/x')).toContain('GOOGLE_GENERATIVE_AI_API_KEY')
    expect(keys('my-own.provider/x')).toEqual(['MY_OWN_PROVIDER_API_KEY'])
    expect(pi.apiKeyVariables(pi.configSchema.parse({ cwd }))).toEqual([])
    expect(pi.apiKeyVariables(pi.configSchema.parse({ cwd, provider: 'google' }))).toEqual(['GEMINI_API_KEY'])
  })
})
