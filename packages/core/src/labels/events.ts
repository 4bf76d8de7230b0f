export const labelEvents = {}
