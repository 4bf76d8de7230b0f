export const routineEvents = {}
