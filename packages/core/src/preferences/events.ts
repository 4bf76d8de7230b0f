export const preferenceEvents = {}
