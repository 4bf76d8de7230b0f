export const projectEvents = {}
