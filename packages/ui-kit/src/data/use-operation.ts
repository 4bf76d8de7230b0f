import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'

import { isOperationKey, keyOf } from './keys.ts'
import { execute, type InputOf, type ItemOf, type ListName, type OperationName, type OutputOf, type PageOf } from './operations.ts'
import { flatten } from './pages.ts'
import { useEngine } from './provider.tsx'

export interface Reading<Data> {
  readonly data: Data | undefined
  readonly error: Error | null
  readonly isLoading: boolean
  retry(): void
}

/** What an operation answers, kept current. Null for an input asks nothing. */
export function useOperation<Name extends OperationName>(name: Name, input: InputOf<Name> | null): Reading<OutputOf<Name>> {
  const { client } = useEngine()
  const { data, error, isPending, isFetching, refetch } = useQuery({
    queryKey: keyOf(name, input ?? {}),
    queryFn: ({ signal }) => execute(client, name, { input: given(input), signal }),
    enabled: input !== null,
  })
  return { data, error, isLoading: isPending && isFetching, retry: () => void refetch() }
}

export interface ReadingList<Item> {
  readonly items: readonly Item[]
  /** Whether it was ever read: only then that there are no items says that there are none. */
  readonly isRead: boolean
  readonly error: Error | null
  readonly isLoading: boolean
  /** Whether there is more than was read. */
  readonly hasMore: boolean
  readonly isLoadingMore: boolean
  more(): void
  retry(): void
}

interface ListOptions {
  /** Read again so often while it is on screen: what belongs to no company has no stream that tells of it. */
  readonly everyMs?: number
}

/** A list of any length, read page by page as it is looked at, and kept current. */
export function useList<Name extends ListName>(
  name: Name,
  input: InputOf<Name> | null,
  { everyMs }: ListOptions = {},
): ReadingList<ItemOf<Name>> {
  const { client } = useEngine()
  const query = useInfiniteQuery({
    queryKey: keyOf(name, { limit: 100, ...input }, 'pages'),
    queryFn: async ({ pageParam, signal }): Promise<PageOf<Name>> => {
      const asked = { limit: 100, ...given(input), ...(pageParam !== null && { cursor: pageParam }) }
      // A list answers by the schema of pages.
      return (await execute(client, name, { input: asked, signal })) as PageOf<Name>
    },
    // Widened by hand: the first page has no cursor.
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    // While other filters are answered, what was shown stays.
    placeholderData: keepPreviousData,
    enabled: input !== null,
    refetchInterval: everyMs ?? false,
  })
  const { data, error, isPending, isFetching, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = query
  const items = useMemo(() => flatten<ItemOf<Name>>(data?.pages), [data])
  return {
    items,
    isRead: data !== undefined,
    error,
    isLoading: isPending && isFetching,
    hasMore: hasNextPage,
    isLoadingMore: isFetchingNextPage,
    more: () => void (hasNextPage && !isFetchingNextPage && fetchNextPage()),
    retry: () => void refetch(),
  }
}

/** The input of a query that is enabled, which it is only with one. */
function given<Input>(input: Input | null): Input {
  if (input === null) throw new Error('a query without an input was asked')
  return input
}

interface CommandOptions<Name extends OperationName> {
  /** Shows the effect before it is known; gives back what takes it away again. */
  readonly optimistic?: (queries: QueryClient, input: InputOf<Name>) => () => void
  readonly onDone?: (output: OutputOf<Name>, input: InputOf<Name>) => void
  readonly onFailed?: (error: Error, input: InputOf<Name>) => void
}

export interface Command<Name extends OperationName> {
  run(input: InputOf<Name>): void
  readonly isRunning: boolean
  readonly error: Error | null
  /** What the last one came to. */
  readonly output: OutputOf<Name> | undefined
}

/** A command to be given by a person. What it changed comes by its events; without them, everything is read again. */
export function useCommand<Name extends OperationName>(name: Name, options: CommandOptions<Name> = {}): Command<Name> {
  const { client, live } = useEngine()
  const queries = useQueryClient()
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: (input: InputOf<Name>) => execute(client, name, { input }),
    onMutate: (input: InputOf<Name>) => ({ takeBack: options.optimistic?.(queries, input) }),
    onError: (failure, input, context) => {
      context?.takeBack?.()
      // What was shown before may not be true any more either.
      if (context?.takeBack) void queries.invalidateQueries({ predicate: ({ queryKey }) => isOperationKey(queryKey) })
      options.onFailed?.(failure, input)
    },
    onSuccess: (output, input) => options.onDone?.(output, input),
    // What was sent may be a secret: it is not kept for longer than whoever sent it is on screen.
    gcTime: 0,
    onSettled: () => (live === 'live' ? undefined : queries.invalidateQueries()),
  })
  return { run: (input) => mutate(input), isRunning: isPending, error, output: data }
}
