//! A folder takes another's place, what others put into it comes over, and a folder goes away.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use crate::disk::files::{listed, slashes};

/// The path of a folder that is there in the git repository that it lies in, as far as there is one; no git is run.
///
/// # Errors
/// The folder is unreadable.
pub fn in_repository(folder: &Path) -> Result<Option<String>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let folder = folder.canonicalize().with_context(|| format!("cannot find {}", folder.display()))?;
    // In a worktree or a submodule `.git` is a file.
    let root = folder.ancestors().find(|above| above.join(".git").exists());
    Ok(root.and_then(|root| folder.strip_prefix(root).ok()).map(slashes))
}

/// The first of these folders that a file lies in, wherever links lead. They are those of a working folder and, as far as it
/// lies in a git repository, of the repository.
///
/// # Errors
/// The file or the folder is not there.
pub fn around<'p>(folder: &Path, file: &Path, parts: impl IntoIterator<Item = &'p str>) -> Result<Option<&'p str>> {
    let real = |path: &Path| path.canonicalize().with_context(|| format!("cannot find {}", path.display()));
    let (folder, file) = (real(folder)?, real(file)?);
    let root = folder.ancestors().find(|above| above.join(".git").exists());
    let holds = |part: &&str| {
        [Some(folder.as_path()), root]
            .into_iter()
            .flatten()
            .any(|base| real(&base.join(part)).is_ok_and(|p| file.starts_with(p)))
    };
    Ok(parts.into_iter().find(holds))
}

/// Refuses a folder that cannot be moved or taken away as a whole, before anything is moved: it is or holds a mount, or holds
/// folders of another user.
///
/// # Errors
/// The first such place.
pub(crate) fn movable(folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in WalkDir::new(folder) {
        let entry = listed(entry)?;
        let path = entry.path();
        let around = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if mount(path) != mount(around) {
            let hint = "what is mounted there would be moved and deleted; unmount it, or render into another folder";
            bail!("{} is a mount point\n{hint}", path.display());
        }
        if entry.file_type().is_dir() {
            removable(path).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}

/// The mount that a path lies in, as far as the system tells (Linux 5.8).
fn mount(path: &Path) -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
        statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::MNT_ID).ok().map(|about| about.stx_mnt_id)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        None
    }
}

/// Whether the entries of a folder could be taken away: its owner can always make it writable.
fn removable(folder: &Path) -> io::Result<()> {
    if fs::set_permissions(folder, fs::metadata(folder)?.permissions()).is_ok() {
        return Ok(());
    }
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
    }
    #[cfg(not(unix))]
    Ok(())
}

/// Two folders change places; where there is no second one, the first moves there. On Linux that is one step.
///
/// # Errors
/// The environment. `CrossesDevices`: the file system cannot move such a folder at all, as overlayfs cannot one of a lower
/// layer; both are where they were.
pub(crate) fn exchange(stage: &Path, target: &Path) -> io::Result<()> {
    if !target.exists() {
        return fs::rename(stage, target);
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, stage, CWD, target, RenameFlags::EXCHANGE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {} // a file system that cannot
            result => return Ok(result?),
        }
    }
    let old = stage.with_extension("old");
    fs::rename(target, &old)?;
    fs::rename(stage, target)?;
    fs::rename(old, stage)
}

/// A folder is deleted, and another one that cannot be moved into its place comes there. Whoever finds `whole` knows that it
/// is the tree, whatever is left of the other.
///
/// # Errors
/// The environment.
pub(crate) fn succeed(whole: &Path, target: &Path) -> Result<()> {
    remove(target)?;
    fs::rename(whole, target).with_context(|| format!("cannot rename {}", whole.display()))
}

/// Deletes a folder; folders in it that nobody may write to are made writable first. One that is not there is fine.
///
/// # Errors
/// The environment.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    let context = || format!("cannot remove {}", folder.display());
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == ErrorKind::PermissionDenied => {
            open_up(folder);
            fs::remove_dir_all(folder).with_context(context)
        }
        result => result.with_context(context),
    }
}

/// Makes the folders below a folder, and itself, writable for their owner, as far as they are ours.
fn open_up(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o700));
        // A folder is listed after it was handed out: by then it is open.
        for path in WalkDir::new(folder).into_iter().flatten().filter(|e| e.file_type().is_dir()) {
            let _ = open(path.path());
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// Brings files of others from an old tree into the new one: those that came, or were saved anew, after we had looked.
pub(crate) fn rescue(old: &Path, new: &Path, ours: &impl Fn(&String) -> bool) -> Result<()> {
    if !old.is_dir() {
        return Ok(());
    }
    for entry in WalkDir::new(old).min_depth(1) {
        let entry = listed(entry)?;
        let relative = entry.path().strip_prefix(old).expect("found below it");
        let to = new.join(relative);
        if entry.file_type().is_dir() || ours(&slashes(relative)) || same_file(entry.path(), &to) {
            continue;
        }
        let context = || format!("cannot bring over {}", entry.path().display());
        fs::create_dir_all(to.parent().expect("below the folder")).with_context(context)?;
        fs::rename(entry.path(), &to).with_context(context)?;
    }
    Ok(())
}

/// Two names of one file, or two files that say the same: overlayfs may show one file under two numbers.
fn same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let id = |path: &Path| fs::symlink_metadata(path).map(|about| (about.dev(), about.ino())).ok();
        if id(a).is_some() && id(a) == id(b) {
            return true;
        }
    }
    let plain = |path: &Path| path.symlink_metadata().is_ok_and(|about| about.is_file());
    plain(a) && plain(b) && matches!((fs::read(a), fs::read(b)), (Ok(a), Ok(b)) if a == b)
}

/// Takes away what an earlier run left.
pub(crate) fn remove_leftover(folder: &Path) -> Result<()> {
    let hint = || format!("an earlier run left {}\nremove it as the user whom its files belong to", folder.display());
    remove(folder).with_context(hint)
}
