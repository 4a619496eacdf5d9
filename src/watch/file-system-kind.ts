import { readFileSync } from 'node:fs';
import { contains } from './targets.js';

/** The mount that a path lies on. */
export interface Mount {
  readonly folder: string;
  /** As the kernel names it: `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly type: string;
}

/**
 * File systems whose files change on another machine (or on the other side of a virtual machine) without inotify hearing
 * of it: network file systems, folders shared by VirtualBox, VMware, Parallels, QEMU and Docker Desktop, the Windows drives of WSL.
 */
const SILENT_TYPES = new Set([
  ...[
    'nfs',
    'nfs4',
    'cifs',
    'smbfs',
    'smb2',
    'smb3',
    'afs',
    'ncpfs',
    'ceph',
    'lustre',
    'gfs2',
    'ocfs2',
    'glusterfs',
  ],
  ...['9p', 'drvfs', 'virtiofs', 'vboxsf', 'vmhgfs', 'prl_fs', 'fakeowner', 'osxfs', 'grpcfuse'],
]);
const SILENT_FUSE =
  /^fuse\.(?:sshfs|rclone|s3fs|gcsfuse|goofys|blobfuse2?|curlftpfs|davfs2?|glusterfs|vmhgfs-fuse|grpcfuse|osxfs)$/;

/** Whether changes on a file system of this type go unreported. */
export function isSilent(type: string): boolean {
  return SILENT_TYPES.has(type) || SILENT_FUSE.test(type);
}

/** Finds the mount of an absolute path in the text of /proc/self/mountinfo; of several on one folder the last counts. */
export function findMount(path: string, mountinfo: string): Mount | null {
  let found: Mount | null = null;
  for (const line of mountinfo.split('\n')) {
    // 36 35 98:0 /root /mount/point rw,noatime [optional fields] - type source options (proc(5))
    const [left = '', right = ''] = line.split(' - ');
    const folder = unescapeOctal(left.split(' ')[4] ?? '');
    const type = right.split(' ')[0] ?? '';
    if (folder === '' || type === '' || !contains(folder, path)) continue;
    if (found === null || folder.length >= found.folder.length) found = { folder, type };
  }
  return found;
}

/**
 * The mount of a path if changes there have to be looked for by polling. Only Linux tells: on macOS and Windows a
 * network folder has to be declared with `"polling": true`.
 */
export function findSilentMount(path: string): Mount | null {
  if (process.platform !== 'linux') return null;
  try {
    const mount = findMount(path, readFileSync('/proc/self/mountinfo', 'utf8'));
    return mount !== null && isSilent(mount.type) ? mount : null;
  } catch {
    return null;
  }
}

/** Blanks and backslashes in mount points are written as `\040`. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
