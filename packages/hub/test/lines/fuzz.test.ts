import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linesGateway } from '@wirehub/hub'
import { fuzzGateway } from '@wirehub/hub/testing'
import { seed } from '../support/seed.ts'

const count = process.env.WIREHUB_TEST_LONG === undefined ? 2000 : 100_000

const samples = [
  '{"op":"pub","subject":"a.b","data":{"n":1.50,"s":"\\u0040"},"headers":{"A":["1","2"]},"reply":"r.1","ack":true,"id":7}\n',
  '{"op":"pub","subject":"a.b","data":"AAEC","encoding":"base64"}\n',
  '{"op":"sub","subject":"a.>","id":"s","queue":"q","max":2}\n',
  '{"op":"sub","subject":"x.*","encoding":"base64"}\n',
  '{"op":"unsub","id":"s"}\n',
  '{"op":"req","subject":"a.b","data":[1,2,3],"timeoutMs":50,"id":9}\n',
  '{"op":"ping"}\n',
  '{"op":"auth","user":"u","password":"p","token":"t","name":"n"}\n',
]

test(`${count} hostile inputs on a lines listener: nothing throws, grows or disturbs others`, async () => {
  const report = await fuzzGateway(linesGateway, { seed, count, samples })
  assert.equal(report.inputs, count)
  assert.ok(report.published > count / 50, 'inputs must get as far as being published, or the test tries nothing')
})
