export { slackDestination, SlackConfig } from './destination.ts'
