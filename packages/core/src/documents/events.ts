export const documentEvents = {}
