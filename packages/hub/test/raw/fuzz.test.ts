import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawGateway } from '@wirehub/hub'
import { fuzzGateway } from '@wirehub/hub/testing'
import { seed } from '../support/seed.ts'

const count = process.env.WIREHUB_TEST_LONG === undefined ? 400 : 20_000

const listeners = {
  'newline text': ['?framing=newline', ['hello\n', 'Zoë ✓\r\n', '\n\n']],
  'NUL JSON': ['?framing=nul&codec=json', ['{"a":[1,2,{"b":null}]}\0', '"✓"\0', '[]\0']],
  'length gzip UTF-16': [
    '?framing=length&lengthBytes=2&charset=utf-16le&coding=gzip&maxFrameBytes=65000',
    [Buffer.from([0, 3, 1, 2, 3]), Buffer.from('001f1f8b08000000000000034b4c4a06000c0a0c5503000000', 'hex')],
  ],
  'whole Latin-1': ['?framing=whole&charset=latin1&maxFrameBytes=1000', ['one message', 'x'.repeat(999)]],
  'chunk text': ['?framing=chunk&malformed=replace', ['Zoë ✓', '\u{1f600}']],
} as const

for (const [name, [query, samples]] of Object.entries(listeners)) {
  test(`${count} hostile inputs on a raw listener with ${name} framing: nothing throws, grows or disturbs others`, async () => {
    const report = await fuzzGateway(rawGateway, { seed, count, query, samples })
    assert.equal(report.inputs, count)
    assert.ok(report.published > 0, 'some inputs must be messages, or the test tries nothing')
    assert.ok(report.maxBufferedBytes <= 1024 * 1024 + 64 * 1024)
  })
}
