// Runs under node: MODE FILE MODULES DEFINITIONS; prints seconds, peak memory and what was counted as JSON.
'use strict'
const fs = require('fs')
const path = require('path')
const [mode, file, modules, definitions] = process.argv.slice(2)
const load = name => require(path.join(modules, 'node_modules', name))
let counted = 0
let errors = 0
const start = process.hrtime.bigint()
if (mode === 'ts') {
  const { Parser, Configuration, NullValidator } = load('ts-edifact')
  const parser = new Parser(new Configuration({ charset: 'UNOC', validator: new NullValidator() }))
  parser.on('openSegment', () => { counted++ })
  parser.on('element', () => {})
  parser.on('component', () => {})
  parser.on('closeSegment', () => {})
  const stream = fs.readFileSync(file, 'latin1')
  for (let at = 0; at < stream.length; at += 65536) parser.write(stream.slice(at, at + 65536))
  parser.end()
  done()
} else {
  const Parser = load('edifact/parser.js')
  let parser
  if (mode === 'validate') {
    const Validator = load('edifact/validator.js')
    const validator = new Validator()
    const tables = JSON.parse(fs.readFileSync(definitions))
    validator.define(tables.segments)
    validator.define(tables.elements)
    parser = new Parser(validator)
  } else {
    parser = new Parser()
  }
  parser.encoding('UNOC')
  if (mode === 'arrays') {
    let elements, components
    parser.on('opensegment', () => { elements = []; counted++ })
    parser.on('element', () => { components = []; elements.push(components) })
    parser.on('component', data => { components.push(data) })
    parser.on('closesegment', () => {})
  } else {
    parser.on('opensegment', () => { counted++ })
    parser.on('closesegment', () => {})
    parser.on('element', () => {})
    parser.on('component', () => {})
  }
  const input = fs.openSync(file, 'r')
  const buffer = Buffer.alloc(65536)
  let size
  let rest = ''
  while ((size = fs.readSync(input, buffer, 0, buffer.length, null)) > 0) {
    // Its validator stumbles over a released character at the edge of a chunk, so chunks end with messages.
    const text = rest + buffer.toString('latin1', 0, size)
    const end = text.lastIndexOf("'UNH") + 1
    parser.write(text.slice(0, end))
    rest = text.slice(end)
  }
  parser.write(rest)
  parser.end()
  done()
}
function done () {
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  console.log(JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS / 1024, counted, errors }))
}
