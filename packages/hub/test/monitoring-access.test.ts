/** Who may read the monitoring pages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HubService } from '@wirehub/hub'

const files = {
  readText: (): string => {
    throw new Error('no files here')
  },
}

function start(url: string): Promise<HubService> {
  const config = { listen: [url], authorization: { users: [{ user: 'ann', password: 'secret' }] } }
  return HubService.start(config, { files, defaultListen: [] })
}

test('beyond this machine monitoring asks for a user', async () => {
  const service = await start('http://0.0.0.0:0')
  const base = `http://127.0.0.1:${service.hub.addresses[0].port}/varz`
  const refused = await fetch(base)
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate') ?? '', /Basic/)
  const as = (user: string, password: string): Promise<Response> =>
    fetch(base, { headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` } })
  assert.equal((await as('ann', 'wrong')).status, 401)
  assert.equal((await as('ann', 'secret')).status, 200)
  await service.close()
})

test('on loopback, and where it is said so, everybody may read', async () => {
  for (const url of ['http://127.0.0.1:0', 'http://0.0.0.0:0?auth=none']) {
    const service = await start(url)
    assert.equal((await fetch(`http://127.0.0.1:${service.hub.addresses[0].port}/varz`)).status, 200)
    await service.close()
  }
})

test('a page of another origin, and a name that is not ours, are refused even on loopback', async () => {
  const service = await start('http://127.0.0.1:0')
  const base = `http://127.0.0.1:${service.hub.addresses[0].port}/varz`
  assert.equal((await fetch(base, { headers: { origin: 'https://example.com' } })).status, 403)
  await service.close()
})
