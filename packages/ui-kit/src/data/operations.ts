import type { Client, RequestOptions } from '@engine/client'

/** Everything of a client that is an operation: it takes an input and answers once. */
type Verbs<Module> = {
  [Verb in keyof Module & string]: Module[Verb] extends (input: never, options?: RequestOptions) => Promise<unknown> ? Verb : never
}[keyof Module & string]

type Modules = Omit<Client, 'execute'>

/** The name of every operation with a route, such as `tasks.list`. */
export type OperationName = { [Module in keyof Modules]: `${Module}.${Verbs<Modules[Module]>}` }[keyof Modules]

type Method<Name extends OperationName> = Name extends `${infer Module extends keyof Modules}.${infer Verb}`
  ? Verb extends keyof Modules[Module]
    ? Modules[Module][Verb]
    : never
  : never

export type InputOf<Name extends OperationName> = Method<Name> extends (input: infer Input, ...rest: never[]) => unknown ? Exclude<Input, undefined> & object : never

export type OutputOf<Name extends OperationName> = Method<Name> extends (...given: never[]) => Promise<infer Output> ? Output : never

/** The operations that answer in pages. */
export type ListName = { [Name in OperationName]: OutputOf<Name> extends { items: readonly unknown[]; nextCursor: string | null } ? Name : never }[OperationName]

export type ItemOf<Name extends ListName> = OutputOf<Name> extends { items: readonly (infer Item)[] } ? Item : never

export type PageOf<Name extends ListName> = { readonly items: readonly ItemOf<Name>[]; readonly nextCursor: string | null }

export async function execute<Name extends OperationName>(
  client: Client,
  name: Name,
  { input, signal }: { input: InputOf<Name>; signal?: AbortSignal },
): Promise<OutputOf<Name>> {
  // The client answers with what the operation of this name gives; its type is computed from the same table.
  return (await client.execute(name, input, signal ? { signal } : {})) as OutputOf<Name>
}
