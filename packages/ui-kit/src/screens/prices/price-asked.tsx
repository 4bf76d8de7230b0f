import { PlaceLink } from '../../parts/places.tsx'

/** Runs say why they failed in words alone, and these are the ones of Engine where it wants a price. */
const wantsPrice = /^Nobody knows what .+ costs?\b.*\bprice\b/

/** The way to prices, where something failed for want of one. */
export function PriceAsked({ message }: { message: string }) {
  if (!wantsPrice.test(message)) return null
  return (
    <PlaceLink to={{ screen: 'prices' }} className="eng-link">
      Set the price
    </PlaceLink>
  )
}
