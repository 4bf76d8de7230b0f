export const keyEvents = {}
