// Reads the documents named by the arguments with the official parser; says what it finds as one JSON value.
import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'

const parser = new Parser()
const found = []
for (const path of process.argv.slice(2)) {
  const { document, diagnostics } = await parser.parse(readFileSync(path, 'utf-8'))
  found.push({
    valid: document !== undefined,
    messages: document ? document.allMessages().length : 0,
    faults: diagnostics.filter(({ severity }) => severity <= 1).map(({ message, path: at }) => `${at.join('/')}: ${message}`)
  })
}
console.log(JSON.stringify(found))
