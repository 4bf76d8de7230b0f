/** Variables that are not named after their provider. */
const keyVariables: Readonly<Record<string, string>> = { google: 'GEMINI_API_KEY', 'github-copilot': 'GITHUB_TOKEN' }

/** Where programs for several providers look for the key of one. */
export function keyVariableOf(provider: string): string {
  return keyVariables[provider] ?? `${provider.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_API_KEY`
}
