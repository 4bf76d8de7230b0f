export const secretEvents = {}
