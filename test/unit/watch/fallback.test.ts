import { describe, expect, it, onTestFinished } from 'vitest';
import type { BackendFailure, BackendOptions } from '../../../src/watch/backend.js';
import { type BackendKind, type BackendSource, realBackends } from '../../../src/watch/backend-choice.js';
import { type FolderAccess, NativeBackend, realFolderAccess } from '../../../src/watch/native-backend.js';
import { start, Tree, until } from './tree.js';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** The real backends, except that the native one meets a file system of ours. Counts what is made. */
function withAccess(
  access: Partial<FolderAccess>,
): BackendSource & { readonly made: readonly BackendKind[] } {
  const made: BackendKind[] = [];
  return {
    made,
    findSilentMount: () => null,
    isLarge: () => true,
    create(kind, options) {
      made.push(kind);
      return kind === 'native'
        ? new NativeBackend(options, { ...realFolderAccess, ...access })
        : realBackends.create(kind, options);
    },
  };
}

const FILES = { 'a/a.js': 'one', 'b/b.js': 'one', 'c/c.js': 'one' };

// Only Linux chooses the backend that is made to fail here.
describe.runIf(process.platform === 'linux')('when the system gives no more watches', () => {
  it.each([
    ['ENOSPC', 'max_user_watches'],
    ['EMFILE', 'max_user_instances'],
  ])('%s at the start leads to polling, with one notice', async (code, remedy) => {
    const tree = new Tree(FILES);
    let left = 2;
    const backends = withAccess({
      watch(folder, listener) {
        if (left-- <= 0) throw systemError(code);
        return realFolderAccess.watch(folder, listener);
      },
    });
    const { recorder } = await start(tree, {}, backends);
    expect(backends.made).toEqual(['native', 'polling']);
    for (const path of Object.keys(FILES)) {
      tree.write(path, 'two');
      expect((await recorder.next()).paths).toEqual([path]);
    }
    expect(recorder.notices).toEqual([{ level: 'warn', message: expect.stringContaining(remedy) }]);
    expect(recorder.notices[0]?.message).toContain(code);
  });

  it('later leads to polling too, and changes of that moment are not lost', async () => {
    const tree = new Tree(FILES);
    let isFull = false;
    const backends = withAccess({
      watch(folder, listener) {
        if (isFull) throw systemError('ENOSPC');
        return realFolderAccess.watch(folder, listener);
      },
    });
    const { recorder } = await start(tree, {}, backends);
    isFull = true;
    tree.write('new/deep/d.js', 'new');
    tree.write('new/e.js', 'new');
    expect(await recorder.gather(['new/deep/d.js', 'new/e.js'])).toEqual(['new/deep/d.js', 'new/e.js']);
    expect(backends.made).toEqual(['native', 'polling']);
    tree.write('a/a.js', 'two');
    await recorder.gather(['a/a.js']);
    expect(recorder.notices).toHaveLength(1);
  });
});

describe.runIf(process.platform === 'linux')('a folder that may not be read', () => {
  it('is named once, and the rest is watched', async () => {
    const tree = new Tree(FILES);
    const denied = tree.path('b');
    const backends = withAccess({
      watch(folder, listener) {
        if (folder === denied) throw systemError('EACCES');
        return realFolderAccess.watch(folder, listener);
      },
    });
    const { recorder } = await start(tree, {}, backends);
    tree.write('b/b.js', 'two');
    tree.write('c/c.js', 'two');
    expect((await recorder.next()).paths).toEqual(['c/c.js']);
    expect(recorder.notices).toEqual([{ level: 'warn', message: expect.stringContaining(denied) }]);
    expect(recorder.notices[0]?.message).toContain('the rest is watched');
  });

  it('is an error when it is the root', async () => {
    const tree = new Tree(FILES);
    const backends = withAccess({
      read() {
        throw systemError('EACCES');
      },
    });
    const { recorder } = await start(tree, {}, backends);
    expect(recorder.notices).toEqual([{ level: 'error', message: expect.stringContaining(tree.root) }]);
  });
});

describe('a silent file system', () => {
  it('is polled, and the notice says why', async () => {
    const tree = new Tree(FILES);
    const backends = { ...withAccess({}), findSilentMount: () => ({ folder: '/mnt/c', type: '9p' }) };
    const { recorder } = await start(tree, { config: { polling: 'auto' } }, backends);
    tree.write('a/a.js', 'two');
    expect((await recorder.next()).paths).toEqual(['a/a.js']);
    expect(recorder.notices).toEqual([{ level: 'warn', message: expect.stringContaining('/mnt/c is a 9p') }]);
  });
});

describe('NativeBackend', () => {
  function watchNatively(tree: Tree, access: Partial<FolderAccess> = {}, refused: readonly string[] = []) {
    const subscribed: string[] = [];
    const touched: string[] = [];
    const failures: BackendFailure[] = [];
    const asked: string[] = [];
    const options: BackendOptions = {
      targets: [{ kind: 'folder', path: tree.root }],
      acceptsFolder(path) {
        asked.push(path);
        return !refused.some((one) => path === tree.path(one));
      },
      acceptsFile: () => true,
      handlers: {
        onFound: () => {},
        onTouched: (path) => touched.push(path.slice(tree.root.length + 1)),
        onUnreadable: () => {},
        onFailure: (failure) => failures.push(failure),
      },
    };
    const backend = new NativeBackend(options, {
      ...realFolderAccess,
      watch(folder, listener) {
        subscribed.push(folder.slice(tree.root.length + 1));
        return realFolderAccess.watch(folder, listener);
      },
      ...access,
    });
    onTestFinished(() => backend.close());
    return { backend, subscribed, touched, failures };
  }

  it('subscribes each folder once, and none that is refused', async () => {
    const tree = new Tree({ 'a/b/c.js': '', 'skip/d/e.js': '' });
    const { backend, subscribed } = watchNatively(tree, {}, ['skip']);
    await backend.ready;
    expect(subscribed.sort()).toEqual(['', 'a', 'a/b']);
  });

  it('subscribes a folder anew that was removed and made again', async () => {
    const tree = new Tree({ 'a/one.js': '' });
    const { backend, subscribed, touched } = watchNatively(tree);
    await backend.ready;
    tree.remove('a');
    tree.write('a/two.js', '');
    await until('the new file', () => touched.includes('a/two.js'));
    await until('the new folder', () => subscribed.filter((folder) => folder === 'a').length > 1);
    tree.write('a/three.js', '');
    await until('a file in it', () => touched.includes('a/three.js'));
  });

  it('loses no file of folders that are made while it looks', async () => {
    const tree = new Tree();
    const { backend, touched } = watchNatively(tree, {
      read(folder) {
        const entries = realFolderAccess.read(folder);
        // Whatever comes after the reading has to come by an event.
        if (folder === tree.path('a')) tree.write('a/b/late.js', 'x');
        return entries;
      },
    });
    await backend.ready;
    tree.write('a/early.js', 'x');
    await until('both files', () => touched.includes('a/early.js') && touched.includes('a/b/late.js'));
  });

  it('reads a folder again when the system tells no name', async () => {
    const tree = new Tree({ 'a.js': '' });
    const listeners: ((event: string, name: string | null) => void)[] = [];
    const { backend, touched } = watchNatively(tree, {
      watch(folder, listener) {
        listeners.push(listener);
        return realFolderAccess.watch(folder, () => {});
      },
    });
    await backend.ready;
    listeners[0]?.('change', null);
    expect(touched).toEqual(['a.js']);
  });

  it('asks for a second look after a burst that may have overflowed the queue', async () => {
    const tree = new Tree();
    const listeners: ((event: string, name: string | null) => void)[] = [];
    const { backend, failures } = watchNatively(tree, {
      watch(folder, listener) {
        listeners.push(listener);
        return realFolderAccess.watch(folder, () => {});
      },
    });
    await backend.ready;
    for (let event = 0; event < 9000; event++) listeners[0]?.('change', 'a.js');
    expect(failures).toEqual([]);
    await until('the failure', () => failures.length > 0);
    expect(failures).toEqual([{ reason: 'changes-lost' }]);
  });
});

describe('lost changes', () => {
  it('are found by looking at everything again', async () => {
    const tree = new Tree(FILES);
    const tellers: ((failure: BackendFailure) => void)[] = [];
    const deaf: BackendSource = {
      findSilentMount: () => null,
      isLarge: () => true,
      create(_kind, options) {
        tellers.push((failure) => options.handlers.onFailure(failure));
        const { handlers } = options;
        return new NativeBackend({ ...options, handlers: { ...handlers, onTouched: () => {} } });
      },
    };
    const { recorder } = await start(tree, {}, deaf);
    tree.write('a/a.js', 'two');
    tree.remove('b');
    tree.write('d/d.js', 'new');
    tellers[0]?.({ reason: 'changes-lost' });
    await recorder.gather(['a/a.js', 'b/b.js', 'd/d.js']);
  });
});
