export const interactionEvents = {}
