/** Headers that say who asks: whoever reads one can ask as well. */
export const credentialHeaders = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'api-key',
  'apikey',
  'x-api-key',
  'x-apikey',
  'x-auth-token',
  'x-access-token',
  'x-token',
  'x-secret',
  'private-token',
] as const
