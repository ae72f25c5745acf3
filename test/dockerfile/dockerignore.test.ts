import dockerignore from '@balena/dockerignore';
import { describe, expect, it } from 'vitest';
import { renderDockerignore } from '../../src/dockerfile/dockerignore.js';

describe('renderDockerignore', () => {
  it("keeps history, secrets and a kind's own leavings out of the context, and sources in", () => {
    const text = renderDockerignore({ data: { dockerignore: ['target', '**/node_modules', 'a\nb', 7] } });
    const filter = dockerignore.default().add(text).createFilter();
    const paths = [
      '.git/HEAD',
      '.env',
      'conf/.env.local',
      'conf/.env.example',
      'certs/server.key',
      'target/app.jar',
      'web/node_modules/x/i.js',
      'src/main.go',
      'sub/target/x',
      'go.mod',
      'Dockerfile',
      '.npmrc',
    ];
    expect(paths.filter(filter)).toEqual(['conf/.env.example', 'src/main.go', 'sub/target/x', 'go.mod', '.npmrc']);
    expect(text).not.toContain('a\nb');
  });

  it('has no group for a kind that adds nothing', () => {
    expect(renderDockerignore({ data: {} })).not.toContain('Made by the build');
  });
});
