import { AwsV4Signer } from 'aws4fetch'

export interface AwsRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly service: 's3' | 'ses'
}

export interface AwsCredentials {
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** A request with its signature of version 4; null when these credentials can stand in no header, such as with a line break. */
export async function signedForAws(
  { body, headers, ...request }: AwsRequest,
  { region, accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
): Promise<{ url: string; headers: Record<string, string> } | null> {
  if (/[^\x20-\x7e]/.test(accessKeyId + (sessionToken ?? ''))) return null
  const signer = new AwsV4Signer({
    ...request,
    headers: { ...headers },
    ...(body !== undefined && { body }),
    region,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
  })
  const signed = await signer.sign()
  return { url: signed.url.href, headers: Object.fromEntries(signed.headers) }
}

export const unusableCredentials = 'The credentials hold a character that no key has, such as a line break at the end.'
