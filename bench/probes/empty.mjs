// An empty process: what every other probe is compared with. Plain JavaScript, so that no type stripping is measured.
import { report } from './report.mjs'

report()
