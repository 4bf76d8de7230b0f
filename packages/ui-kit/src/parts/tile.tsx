import { PlaceLink, type Place } from './places.tsx'

interface TileProps {
  readonly name: string
  readonly figure: string
  readonly note?: string
  /** Where there is more of it. */
  readonly to?: Place
}

/** One figure. */
export function Tile({ name, figure, note, to }: TileProps) {
  const content = (
    <>
      <span className="eng-soft">{name}</span>
      <span className="eng-tile-figure">{figure}</span>
      {note !== undefined && <span className="eng-soft eng-small">{note}</span>}
    </>
  )
  return to ? (
    <PlaceLink to={to} className="eng-card eng-tile">
      {content}
    </PlaceLink>
  ) : (
    <div className="eng-card eng-tile">{content}</div>
  )
}
