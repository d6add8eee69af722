/** The servers of the recorded dialogues: nats-server's configuration, and the same for the hub. */
import type { SecurityOptions } from '../../src/security/options.ts'

export interface DialogueServer {
  readonly config: string
  readonly security?: SecurityOptions
}

export const servers: Readonly<Record<string, DialogueServer>> = {
  open: { config: '' },
  token: { config: 'authorization { token: "s3cret" }', security: { token: 's3cret' } },
  users: {
    config: `
      authorization {
        users: [
          { user: alice, password: wonder, permissions: {
            publish: { allow: ["foo.*", "_INBOX.>"], deny: "foo.secret" }
            subscribe: { allow: ["foo.*", "bar.>", "jobs workers", "jobs team.*"], deny: ["bar.secret", "bar.*.secret"] } } }
          { user: service, password: wonder, permissions: { subscribe: "ask", allow_responses: true } }
          { user: pair, password: wonder, permissions: { subscribe: "ask", allow_responses: { max: 2, expires: "1m" } } }
          { user: carol, password: "$2a$04$Z2oS.oTKs.DUzoZZ1YCe9u9TKyNiT16pr0NtQP5iStolLLzM0z/4K" }
          { user: muted, password: wonder, permissions: { publish: { deny: ">" }, subscribe: { deny: ">" } } }
        ]
      }`,
    security: {
      users: [
        {
          user: 'alice',
          password: 'wonder',
          permissions: {
            publish: { allow: ['foo.*', '_INBOX.>'], deny: 'foo.secret' },
            subscribe: {
              allow: ['foo.*', 'bar.>', 'jobs workers', 'jobs team.*'],
              deny: ['bar.secret', 'bar.*.secret'],
            },
          },
        },
        { user: 'service', password: 'wonder', permissions: { subscribe: 'ask', allowResponses: true } },
        {
          user: 'pair',
          password: 'wonder',
          permissions: { subscribe: 'ask', allowResponses: { max: 2, expiresMs: 60_000 } },
        },
        { user: 'carol', password: '$2a$04$Z2oS.oTKs.DUzoZZ1YCe9u9TKyNiT16pr0NtQP5iStolLLzM0z/4K' },
        { user: 'muted', password: 'wonder', permissions: { publish: { deny: '>' }, subscribe: { deny: '>' } } },
      ],
    },
  },
  guests: {
    config: `
      no_auth_user: guest
      accounts {
        A { users: [ { user: guest, password: g }, { user: anna, password: a } ] }
        B { users: [ { user: bert, password: b } ] }
      }`,
    security: {
      noAuthUser: 'guest',
      accounts: {
        A: {
          users: [
            { user: 'guest', password: 'g' },
            { user: 'anna', password: 'a' },
          ],
        },
        B: { users: [{ user: 'bert', password: 'b' }] },
      },
    },
  },
}
