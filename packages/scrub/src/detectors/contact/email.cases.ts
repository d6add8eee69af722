import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'write to ⟦joe@example.com⟧.',
    '{"email":"⟦a.b+c@sub.example.co.uk⟧"}',
    'From: "Joe" <⟦joe.o\'brien@example.org⟧>',
    'mailto:⟦info@example.museum⟧?subject=x',
    'user=⟦joe%40example.com⟧&x=1',
    'メールは⟦taro@example.jp⟧まで',
    'Grüße an ⟦zoë@bücher.example⟧, danke',
    'Contact:⟦x@y.io⟧;⟦z@y.io⟧',
    '⟦first_last-1@xn--bcher-kva.example⟧',
    '[⟦m@example.de⟧](mailto:⟦m@example.de⟧)',
    'an ⟦jürgen@müller.example⟧ und ⟦іван@приклад.укр⟧',
    'root ⟦root@[192.0.2.7]⟧ and ⟦x@[IPv6:2001:db8::7]⟧',
  ],
  clean: [
    'logo@2x.png',
    'git@github.com:team/repository.git',
    'lodash@4.17.21 @scope/name@1.2.3',
    '@handle and user@localhost',
    'a @ b.c',
    'price @ 3.50',
    'postgres://admin@db.example.com/x',
    'import x from "pkg@next"',
    '{user} @[name] x@[a]',
  ],
}
