import { expect, test } from 'vitest';
import { publicUrl } from '../../src/io/public-url.js';

test.each([
  ['https://git.example.com/team/app.git', 'https://git.example.com/team/app.git'],
  ['https://user:token@git.example.com/team/app.git', 'https://git.example.com/team/app.git'],
  ['https://token@git.example.com/app?private_token=x#y', 'https://git.example.com/app'],
  ['http://oauth2:p%40ss@git.example.com:8080/app', 'http://git.example.com:8080/app'],
  ['ssh://git@git.example.com:2222/team/app.git', 'ssh://git@git.example.com:2222/team/app.git'],
  ['ssh://git:secret@git.example.com/app', 'ssh://git@git.example.com/app'],
  ['git@git.example.com:team/app.git', 'git@git.example.com:team/app.git'],
  ['git.example.com:team/app.git', 'git.example.com:team/app.git'],
  ['git://git.example.com/app', 'git://git.example.com/app'],
  ['/srv/git/app.git', undefined],
  ['../app.git', undefined],
  ['C:/repos/app', undefined],
  ['file:///srv/git/app.git', undefined],
  ['user:pass@git.example.com:team/app.git', undefined],
  ['ext::sh -c touch% /tmp/x', undefined],
  ['javascript://x', undefined],
  ['https://', undefined],
  ['', undefined],
])('%s is shown as %s', (address, shown) => {
  expect(publicUrl(address)).toBe(shown);
});
