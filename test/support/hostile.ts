// What is sent to find out whether anything breaks.
const absent = '01890000-0000-7000-8000-000000000000'
const long = 'x'.repeat(70_000)

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

/** Bodies that no route may answer with 500, whatever it expects. Text is sent as it is, anything else as JSON. */
export const hostile: readonly [string, unknown][] = [
  ['nothing', undefined],
  ['an empty object', {}],
  ['null', 'null'],
  ['an array', '[]'],
  ['an array of objects', [{ title: 'x' }]],
  ['a number', '42'],
  ['a text', '"text"'],
  ['true', 'true'],
  ['half an object', '{"title":'],
  ['an unquoted key', '{title: 1}'],
  ['a trailing comma', '{"title":"x",}'],
  ['two objects', '{}{}'],
  ['blanks', '   '],
  ['NaN', '{"limit":NaN}'],
  ['bytes that are no UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['UTF-16', Uint8Array.from(Buffer.from('{"title":"x"}', 'utf16le'))],
  ['a NUL byte', '{"title":"\u0000"}'],
  ['an unknown field', { surely: 'unknown' }],
  ['a duplicate key', '{"title":"a","title":{"b":1}}'],
  ['__proto__', '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}'],
  ['__proto__ inside', '{"context":{"__proto__":{"polluted":"yes"}},"settings":{"constructor":{"prototype":{"polluted":"yes"}}}}'],
  ['names of Object.prototype', { toString: 1, hasOwnProperty: 1, valueOf: 1 }],
  ['depth 33', nested(34)],
  ['depth 20,000', nested(20_000)],
  ['100,000 open brackets', '['.repeat(100_000)],
  ['10,000 unknown fields', Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, index]))],
]

/** Values, as JSON, that are wrong in nearly every field. */
export const values: readonly [string, string][] = [
  ['null', 'null'],
  ['true', 'true'],
  ['0', '0'],
  ['-1', '-1'],
  ['0.5', '0.5'],
  ['1e308', '1e308'],
  ['1e999', '1e999'],
  ['2^53', '9007199254740993'],
  ['an empty text', '""'],
  ['blanks', '"   "'],
  ['a lone surrogate', String.raw`"\ud800"`],
  ['a NUL character', String.raw`"a\u0000b"`],
  ['markup', '"<script>alert(1)</script>"'],
  ['SQL', `"'; drop table tasks; --"`],
  ['a path', '"../../../../etc/passwd"'],
  ['a long text', `"${long}"`],
  ['an absent id', `"${absent}"`],
  ['an id with a NUL', String.raw`"01890000-0000-7000-8000-00000000000\u0000"`],
  ['an object', '{"a":1}'],
  ['__proto__', '{"__proto__":{"polluted":"yes"}}'],
  ['a length that is no number', '{"length":{"toString":1,"valueOf":1}}'],
  ['an array', '[1,null,"x"]'],
  ['a long array', JSON.stringify(Array.from({ length: 2_000 }, () => absent))],
]

/** What no answer may say: statements, places of this machine, stacks. */
export const inside = /\bselect\b|insert into|SQLITE|node_modules|\/home\/|file:\/\/| {4}at /i
