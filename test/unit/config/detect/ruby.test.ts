import { describe } from 'vitest';
import { itDetects, itRejects } from './tree.js';

const RAILS = 'ruby bin/rails server -b 127.0.0.1 -p {port} --pid tmp/pids/croupier-{generation}.pid';

describe('detection of Ruby', () => {
  itDetects('Ruby', [
    {
      title: 'Rails, with a pid file for each generation, ready when its health route answers',
      files: {
        Gemfile: 'gem "rails"\n',
        'config.ru': '',
        'bin/rails': '',
        'config/routes.rb': '  get "up" => "rails/health#show", as: :x\n',
      },
      command: RAILS,
      source: 'bin/rails, Ruby on Rails',
      ready: { kind: 'http', timeout: 30_000, url: '/up' },
      watches: ['.rb', '.erb'],
      overlooks: ['.md', '.js'],
      ignores: ['/log/', '/tmp/'],
      needs: ['ruby'],
    },
    {
      title: 'Rails without the health route',
      files: { 'bin/rails': '', 'config/routes.rb': '# get "up" => "rails/health#show"\n' },
      command: RAILS,
      source: 'bin/rails, Ruby on Rails',
    },
    {
      title: 'Puma',
      files: { Gemfile: "source 'x'\ngem 'puma', '~> 6'\n", 'config.ru': '' },
      command: 'bundle exec puma -b tcp://127.0.0.1:{port}',
      check: 'ruby -c config.ru',
      source: 'config.ru, Puma',
      needs: ['ruby', 'bundle'],
    },
    {
      title: 'Puma whose own file takes the port',
      files: {
        Gemfile: 'gem "puma"\n',
        'config.ru': '',
        'config/puma.rb': 'port ENV.fetch("PORT") { 3000 }\n',
      },
      command: 'bundle exec puma',
      check: 'ruby -c config.ru',
      source: 'config.ru, Puma',
    },
    {
      title: 'rackup',
      files: { 'config.ru': '' },
      command: 'rackup -o 127.0.0.1 -p {port}',
      check: 'ruby -c config.ru',
      source: 'config.ru, rackup',
      needs: ['ruby', 'rackup'],
    },
    {
      title: 'Sinatra',
      files: { Gemfile: 'gem "sinatra"\n', 'app.rb': "require 'sinatra'\nget('/') { 'x' }\n" },
      command: 'bundle exec ruby app.rb -o 127.0.0.1 -p {port}',
      check: 'ruby -c app.rb',
      source: 'app.rb, Sinatra',
    },
    {
      title: 'a program',
      files: { 'main.rb': "require 'sinatra/base'\n" },
      command: 'ruby main.rb',
      check: 'ruby -c main.rb',
      source: 'main.rb',
      strength: 'likely',
      needs: ['ruby'],
    },
  ]);

  itRejects('Ruby', [['tools only', { Gemfile: 'gem "fastlane"\n' }, 'Gemfile: there is no bin/rails']]);
});
