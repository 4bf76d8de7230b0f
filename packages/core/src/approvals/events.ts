export const approvalEvents = {}
