export { fakeAnthropic } from './anthropic.ts'
export { fakeGemini } from './gemini.ts'
export { fakeOpenAi } from './openai.ts'
export type {
  FakeAnswer,
  FakeAnswers,
  FakeCall,
  FakeDelivery,
  FakeModel,
  FakeModelOptions,
  FakeRaw,
  FakeRefusal,
  FakeReply,
  FakeUsage,
} from './script.ts'
