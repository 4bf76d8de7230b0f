export const attachmentEvents = {}
