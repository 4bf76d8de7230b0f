import { PlaceLink } from '../../parts/places.tsx'

/** The way to prices, where something failed for want of one. */
export function PriceAsked({ code }: { code: string | null | undefined }) {
  if (code !== 'budget_unavailable') return null
  return (
    <PlaceLink to={{ screen: 'prices' }} className="eng-link">
      Set the price
    </PlaceLink>
  )
}
