export const knowledgeEvents = {}
