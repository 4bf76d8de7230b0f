export const sprintEvents = {}
