import { z } from 'zod'

/** Words that every aggregate's schema is made of. */
export const Id = z.uuid().toLowerCase().describe('UUIDv7')
export const IsoTime = z.string().describe('ISO-8601 UTC with milliseconds')
export const Name = z.string().trim().min(1).max(200)
export const LongText = z.string().max(65_536)
export const Tags = z.array(z.string().trim().min(1).max(64)).max(50)
/** A JSON object that round-trips unchanged, up to 64 KiB. */
export const jsonObject = z.record(z.string(), z.json()).refine((value) => JSON.stringify(value).length <= 65_536, 'larger than 64 KiB')
