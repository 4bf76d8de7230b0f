export const inviteEvents = {}
