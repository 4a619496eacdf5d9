import { describe, expect, it } from 'vitest';
import { bestIn, itDetects, itRejects } from './tree.js';

const FASTAPI = 'from fastapi import FastAPI\n\napp = FastAPI(title="x")\n';
const FLASK = 'from flask import Flask\n\napp = Flask(__name__)\n';
const uvicorn = (target: string, more = '') =>
  `python3 -u -m uvicorn ${target} --host 127.0.0.1 --port {port}${more}`;

describe('detection of Python', () => {
  itDetects('Python', [
    {
      title: 'FastAPI in main.py',
      files: { 'requirements.txt': 'fastapi\nuvicorn[standard]\n', 'main.py': FASTAPI },
      command: uvicorn('main:app'),
      check: 'python3 -m compileall -q main.py',
      source: 'main.py, FastAPI',
      watches: ['.py', '.html', '.toml'],
      overlooks: ['.md', '.json'],
      ignores: ['__pycache__/', '.venv/', '/tests/'],
      needs: ['python3'],
    },
    {
      title: 'an object with another name and a type, in a package',
      files: {
        'pyproject.toml': '[project]\nname = "game"\ndependencies = ["fastapi[standard]"]\n',
        'game/__init__.py': '',
        'game/server.py': 'import fastapi\nservice: fastapi.FastAPI = fastapi.FastAPI()\n',
        'tests/main.py': FASTAPI,
      },
      command: uvicorn('game.server:service'),
      check: 'python3 -m compileall -q game',
      source: 'game/server.py, FastAPI',
    },
    {
      title: 'src as the folder of modules',
      files: { 'requirements.txt': 'starlette\nuvicorn\n', 'src/app.py': 'app = Starlette()\n' },
      command: uvicorn('app:app', ' --app-dir src'),
      check: 'python3 -m compileall -q src',
      source: 'src/app.py, Starlette',
    },
    {
      title: 'src as a package',
      files: { 'src/__init__.py': '', 'src/main.py': FASTAPI },
      command: uvicorn('src.main:app'),
      check: 'python3 -m compileall -q src',
      source: 'src/main.py, FastAPI',
    },
    {
      title: 'a package in src, with the application in __init__.py',
      files: {
        'pyproject.toml': '[project]\nname = "game"\n',
        'src/game/__init__.py': 'api = Litestar([])\n',
      },
      command: uvicorn('game:api', ' --app-dir src'),
      check: 'python3 -m compileall -q src',
      source: 'src/game/__init__.py, Litestar',
    },
    {
      title: 'a factory',
      files: { 'main.py': 'def create_app(debug=False, *, store=None):\n    return FastAPI()\n' },
      command: uvicorn('main:create_app', ' --factory'),
      check: 'python3 -m compileall -q main.py',
      source: 'main.py, FastAPI',
    },
    {
      title: 'what a factory with arguments made',
      files: { 'main.py': 'def create_app(store):\n    return FastAPI()\n\napp = create_app(Store())\n' },
      command: uvicorn('main:app'),
      check: 'python3 -m compileall -q main.py',
      source: 'main.py, FastAPI',
    },
    {
      title: 'what a factory of another module made, with the framework in the requirements',
      files: {
        'requirements.txt': 'flask==3.0\n',
        'wsgi.py': 'from game import create_app\n\napplication = create_app()\n',
        'game/__init__.py': 'from flask import Flask\n',
      },
      command: 'python3 -u -m flask --app wsgi:application run --host 127.0.0.1 --port {port} --no-reload',
      check: 'python3 -m compileall -q game wsgi.py',
      source: 'wsgi.py, Flask',
    },
    {
      title: 'an application that was only shown in a docstring',
      files: { 'main.py': '"""\napp = FastAPI()\n"""\nprint(1)\n', 'requirements.txt': '' },
      command: 'python3 -u main.py',
      check: 'python3 -m compileall -q main.py',
      source: 'main.py',
    },
    {
      title: 'Flask, without its reloader',
      files: { 'app.py': FLASK, 'requirements.txt': 'flask\n' },
      command: 'python3 -u -m flask --app app:app run --host 127.0.0.1 --port {port} --no-reload',
      check: 'python3 -m compileall -q app.py',
      source: 'app.py, Flask',
    },
    {
      title: 'Flask in src, by its path',
      files: { 'setup.py': '', 'src/app.py': FLASK },
      command: 'python3 -u -m flask --app src/app.py:app run --host 127.0.0.1 --port {port} --no-reload',
      check: 'python3 -m compileall -q setup.py src',
      source: 'src/app.py, Flask',
    },
    {
      title: 'Django, without its reloader',
      files: { 'manage.py': 'import django\n', 'site1/__init__.py': '', 'app.py': FLASK },
      command: 'python3 -u manage.py runserver 127.0.0.1:{port} --noreload',
      check: 'python3 -m compileall -q app.py manage.py site1',
      source: 'manage.py, Django',
    },
    {
      title: 'a program, by its name',
      files: { 'server.py': 'print(1)\n' },
      command: 'python3 -u server.py',
      check: 'python3 -m compileall -q server.py',
      source: 'server.py',
      strength: 'likely',
    },
    {
      title: 'a package that runs',
      files: { 'setup.cfg': '', 'game/__main__.py': '', 'game/__init__.py': '' },
      command: 'python3 -u -m game',
      check: 'python3 -m compileall -q game',
      source: 'game/__main__.py',
    },
    {
      title: 'a virtual environment in the project',
      files: { 'main.py': FASTAPI, '.venv/bin/python': '', 'uv.lock': '' },
      command: '.venv/bin/python -u -m uvicorn main:app --host 127.0.0.1 --port {port}',
      check: '.venv/bin/python -m compileall -q main.py',
      source: 'main.py, FastAPI',
      needs: [],
    },
    {
      title: 'uv',
      files: { 'main.py': FASTAPI, 'uv.lock': '' },
      command: 'uv run python -u -m uvicorn main:app --host 127.0.0.1 --port {port}',
      check: 'uv run python -m compileall -q main.py',
      source: 'main.py, FastAPI',
      needs: ['uv'],
    },
    {
      title: 'Poetry, by its table',
      files: { 'main.py': FASTAPI, 'pyproject.toml': '[tool.poetry]\nname = "game"\n' },
      command: 'poetry run python -u -m uvicorn main:app --host 127.0.0.1 --port {port}',
      check: 'poetry run python -m compileall -q main.py',
      source: 'main.py, FastAPI',
      needs: ['poetry'],
    },
    {
      title: 'Pipenv',
      files: { 'main.py': 'print(1)', Pipfile: '[packages]\n' },
      command: 'pipenv run python -u main.py',
      check: 'pipenv run python -m compileall -q main.py',
      source: 'main.py',
    },
    {
      title: 'python where there is no python3',
      files: { 'main.py': 'print(1)' },
      tools: ['python'],
      command: 'python -u main.py',
      check: 'python -m compileall -q main.py',
      source: 'main.py',
      strength: 'likely',
      needs: ['python'],
    },
    {
      title: 'a script of pyproject.toml, installed in the environment',
      files: {
        'pyproject.toml':
          '[project]\nname = "game"\n[project.scripts]\ngame = "game.cli:main"\nseed = "game.seed:main"\n',
        'game/__init__.py': '',
        'game/cli.py': '',
        '.venv/bin/python': '',
        '.venv/bin/game': '',
      },
      command: '.venv/bin/game',
      check: '.venv/bin/python -m compileall -q game',
      source: 'pyproject.toml scripts.game',
    },
    {
      title: 'a script of pyproject.toml, by uv',
      files: {
        'pyproject.toml': '[project]\nname = "game"\n[project.scripts]\nserve = "game.cli:main"\n[tool.uv]\n',
        'game/__init__.py': '',
      },
      command: 'uv run serve',
      check: 'uv run python -m compileall -q game',
      source: 'pyproject.toml scripts.serve',
    },
  ]);

  it.each([
    ['fastapi\n', 'FastAPI is served by uvicorn, which requirements.txt does not name: pip install uvicorn.'],
    ['fastapi[standard]\n', null],
    ['fastapi\nuvicorn\n', null],
  ])('says that uvicorn is missing from %j', async (requirements, explanation) => {
    const best = await bestIn({ 'main.py': FASTAPI, 'requirements.txt': requirements });
    expect(best.explanation).toBe(explanation);
  });

  it('reads extras of Poetry', async () => {
    const pyproject =
      '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\nfastapi = {version = "*", extras = ["standard"]}\n';
    const best = await bestIn({ 'main.py': FASTAPI, 'pyproject.toml': pyproject });
    expect(best.explanation).toBeNull();
  });

  itRejects('Python', [
    [
      'a library',
      { 'pyproject.toml': '[project]\nname = "x"\n', 'x/__init__.py': '' },
      'pyproject.toml: nothing in the folder',
    ],
    ['a broken pyproject.toml', { 'pyproject.toml': '[project' }, 'pyproject.toml is not valid TOML.'],
  ]);
});
