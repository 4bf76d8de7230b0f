export const memberEvents = {}
