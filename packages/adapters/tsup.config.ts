import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    'process/index': 'src/process/index.ts',
    'http/index': 'src/http/index.ts',
    'anthropic/index': 'src/anthropic/index.ts',
    'openai/index': 'src/openai/index.ts',
    'gemini/index': 'src/gemini/index.ts',
    'person/index': 'src/person/index.ts',
    'acp/index': 'src/acp/index.ts',
    'a2a/index': 'src/a2a/index.ts',
    'openclaw/index': 'src/openclaw/index.ts',
    'claude-code/index': 'src/claude-code/index.ts',
    'codex/index': 'src/codex/index.ts',
    'cursor/index': 'src/cursor/index.ts',
    'gemini-cli/index': 'src/gemini-cli/index.ts',
    'opencode/index': 'src/opencode/index.ts',
    'pi/index': 'src/pi/index.ts',
    'workspace/index': 'src/workspace/index.ts',
    shim: 'src/program/shim.ts',
  },
  format: 'esm',
  dts: true,
  clean: true,
})
