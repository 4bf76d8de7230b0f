interface BarProps {
  /** In percent of the whole, side by side. */
  readonly shares: readonly (readonly [number, 'good' | 'warn' | 'bad' | 'held' | undefined])[]
}

/** Shares of a whole; what it shows is said in words beside it. */
export function Bar({ shares }: BarProps) {
  return (
    <span className="eng-bar" aria-hidden>
      {shares.map(([percent, tone], at) => (
        <span key={at} className="eng-bar-part" data-tone={tone} style={{ inlineSize: `${percent}%` }} />
      ))}
    </span>
  )
}
