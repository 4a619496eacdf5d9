import { describe } from 'vitest';
import { itDetects, itRejects } from './tree.js';

const mix = (application: string, deps = '') =>
  `defmodule Game.MixProject do\n  def application do\n    [${application}]\n  end\n  defp deps do\n    [${deps}]\n  end\nend\n`;
const MOD = 'mod: {Game.Application, []}';
const PHOENIX = mix(MOD, '{:phoenix, "~> 1.8"}');

describe('detection of Elixir', () => {
  itDetects('Elixir', [
    {
      title: 'an application',
      files: { 'mix.exs': mix(MOD, '{:phoenix_pubsub, "~> 2.0"}') },
      command: 'mix run --no-halt',
      check: 'mix compile',
      source: 'mix.exs',
      watches: ['.ex', '.exs'],
      overlooks: ['.md', '.js'],
      ignores: ['_build/', 'deps/'],
      needs: ['mix'],
    },
    {
      title: 'Phoenix that takes PORT',
      files: {
        'mix.exs': PHOENIX,
        'config/dev.exs': 'http: [port: String.to_integer(System.get_env("PORT") || "4000")]\n',
      },
      command: 'mix phx.server',
      check: 'mix compile',
      source: 'mix.exs, Phoenix',
      watches: ['.heex'],
    },
    {
      title: 'Phoenix whose port is fixed outside of production',
      files: {
        'mix.exs': PHOENIX,
        'config/dev.exs': 'http: [ip: {127, 0, 0, 1}, port: 4000]\n# System.get_env("PORT")\n',
        'config/runtime.exs':
          'import Config\n\nif config_env() == :prod do\n  port = String.to_integer(System.get_env("PORT") || "4000")\nend\n',
      },
      command: 'mix phx.server',
      check: 'mix compile',
      source: 'mix.exs, Phoenix',
      strategy: 'stop-first',
      explains: 'Its port is fixed in config/dev.exs',
    },
    {
      title: 'an umbrella',
      files: {
        'mix.exs': 'def project do\n  [apps_path: "apps"]\nend\n',
        'apps/web/mix.exs': PHOENIX,
        'apps/core/mix.exs': mix(''),
        'config/runtime.exs': 'port: System.get_env("PORT")\n',
      },
      command: 'mix phx.server',
      check: 'mix compile',
      source: 'mix.exs, Phoenix',
    },
  ]);

  itRejects('Elixir', [
    [
      'a library',
      { 'mix.exs': mix('extra_applications: [:logger]') },
      'no application has a callback module',
    ],
  ]);
});
