import { describe, expect, it } from 'vitest';
import { chooseBackend, realBackends } from '../../../src/watch/backend-choice.js';
import { findMount, isSilent } from '../../../src/watch/file-system-kind.js';

const MOUNTINFO = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 0:30 / /home/me/net\\040share rw shared:12 master:3 - nfs4 server:/export rw,vers=4.2
41 27 0:31 / /mnt/c rw,noatime - 9p drvfs rw,dirsync,aname=drvfs
42 27 0:32 / /mnt/ssh rw - fuse.sshfs host:/ rw
43 27 0:33 / /home/me/net\\040share/local rw - tmpfs tmpfs rw
44 27 0:34 / /over rw - nfs a rw
45 27 0:35 / /over rw - ext4 b rw
`;

describe('findMount', () => {
  it.each([
    ['/home/me/project', '/', 'ext4'],
    ['/mnt/c/Users/me', '/mnt/c', '9p'],
    ['/mnt/c', '/mnt/c', '9p'],
    ['/mnt/cc', '/', 'ext4'],
    ['/home/me/net share/game', '/home/me/net share', 'nfs4'],
    ['/home/me/net share/local/game', '/home/me/net share/local', 'tmpfs'],
    ['/over/x', '/over', 'ext4'],
  ])('%s lies on %s', (path, folder, type) => {
    expect(findMount(path, MOUNTINFO)).toEqual({ folder, type });
  });

  it('finds nothing in an empty table', () => {
    expect(findMount('/a', '')).toBeNull();
  });
});

describe('isSilent', () => {
  it.each([
    'nfs',
    'nfs4',
    'cifs',
    'smb3',
    '9p',
    'drvfs',
    'fuse.sshfs',
    'vboxsf',
    'virtiofs',
    'fuse.vmhgfs-fuse',
  ])('%s does not report changes', (type) => expect(isSilent(type)).toBe(true));
  it.each(['ext4', 'btrfs', 'tmpfs', 'overlay', 'xfs', 'fuse.bindfs', 'fuseblk', 'apfs'])(
    '%s reports changes',
    (type) => expect(isSilent(type)).toBe(false),
  );
});

describe('chooseBackend', () => {
  const silent = { ...realBackends, findSilentMount: () => ({ folder: '/mnt/c', type: '9p' }) };
  const local = { ...realBackends, findSilentMount: () => null };
  const large = { ...local, isLarge: () => true };
  const any = () => true;

  it('polls silently when that was asked for', () => {
    expect(chooseBackend(true, ['/a'], local, any)).toEqual({ kind: 'polling', notice: null });
  });

  it('polls where the file system is silent, and says why', () => {
    const choice = chooseBackend('auto', ['/mnt/c/game'], silent, any);
    expect(choice.kind).toBe('polling');
    expect(choice.notice).toMatch(/\/mnt\/c is a 9p file system.*"polling": false/);
  });

  it('does not poll when that was turned off', () => {
    expect(chooseBackend(false, ['/mnt/c/game'], silent, any)).toEqual({ kind: 'chokidar', notice: null });
  });

  it('watches large trees natively on Linux', () => {
    const kind = process.platform === 'linux' ? 'native' : 'chokidar';
    expect(chooseBackend('auto', ['/a'], large, any)).toEqual({ kind, notice: null });
  });

  it('uses events elsewhere', () => {
    expect(chooseBackend('auto', ['/a'], local, any)).toEqual({ kind: 'chokidar', notice: null });
  });
});
