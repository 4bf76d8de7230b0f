export const searchEvents = {}
