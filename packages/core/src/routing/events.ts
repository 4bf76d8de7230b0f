export const routingEvents = {}
