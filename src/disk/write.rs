//! Writes a cluster's folder by one exchange of directories: at every instant it is the old tree or the new one. Files of
//! others stay, symlinks lead nowhere.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use crate::disk::files::{inside, listed, slashes};
use crate::disk::folders::{exchange, movable, remove, remove_leftover, rescue, succeed};
use crate::disk::output::{Output, STAGE};
use crate::render::tree::{INDEX, Tree, hand_edited, owned};

/// Folders below the output folder that hold a tree of ours, by name.
///
/// # Errors
/// The folder is unreadable.
pub fn cluster_folders(output: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if output.is_dir() {
        for entry in fs::read_dir(output).with_context(|| format!("cannot list {}", output.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.starts_with('.') && path.join(INDEX).is_file() {
                names.push(name);
            }
        }
    }
    names.sort();
    Ok(names)
}

/// What a write did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files made or changed.
    pub written: usize,
    /// Files of ours that were taken away.
    pub removed: usize,
    /// Files of ours that someone had changed.
    pub edited: Vec<String>,
}

/// A cluster's folder that is written beside the old one and waits to take its place; given up, it goes away.
#[derive(Debug)]
pub struct Staged {
    ready: PathBuf,
    target: PathBuf,
    /// Paths that are ours in the old tree or the new one.
    ours: BTreeSet<String>,
    empty: bool,
}

/// Stages a folder that holds exactly this tree and the foreign files that are there, of which `found` are the texts: unchanged
/// and foreign files are linked, others written. Nothing is staged where nothing differs.
///
/// # Errors
/// The environment, or a foreign file where one of ours belongs.
pub fn stage(output: &Output, cluster: &str, found: &Tree, new: &Tree) -> Result<(Written, Option<Staged>)> {
    let (begin, output) = (|files| output.begin(files), output.folder());
    let target = output.join(cluster);
    if target.is_symlink() {
        bail!("{} is a symlink; nothing is written through it\nreplace it by a folder", target.display());
    }
    if target.exists() && !target.is_dir() {
        bail!("{} is no folder: gatewright did not write it\nmove it, then render again", target.display());
    }
    let ours = owned(found, new);
    let edited = hand_edited(found);
    // Nothing is in the way in a folder that is not there.
    if target.exists() {
        refuse_symlinks(&target, new)?;
        refuse_foreign(&target, new, found, &ours)?;
    }
    // A stale file that someone changed is no longer ours to take away.
    let stale = |path: &String| ours.contains_key(path) && !new.contains_key(path) && !edited.contains(path);
    let removed = ours.keys().filter(|path| stale(path)).count();
    let changed = |(path, text): &(&String, &Arc<str>)| found.get(*path) != Some(*text);
    if removed == 0 && !new.iter().any(|file| changed(&file)) {
        return Ok((Written { edited, ..Written::default() }, None));
    }
    movable(&target)?;
    let stage = output.join(format!("{STAGE}{cluster}.new"));
    stage_tree(&target, &stage, new, found, &stale).inspect_err(|_| drop(remove(&stage)))?;
    // Under this name every file is whole: what a killed run leaves there can be told from half a tree.
    let ready = stage.with_extension("ready");
    let renamed = fs::rename(&stage, &ready).inspect_err(|_| drop(remove(&stage)));
    renamed.with_context(|| format!("cannot rename {}", stage.display()))?;
    let written = new.iter().filter(changed).filter(|(path, _)| path.as_str() != INDEX).count();
    let ours = ours.keys().filter(|path| stale(path)).chain(new.keys()).cloned().collect();
    begin(written);
    Ok((Written { written, removed, edited }, Some(Staged { ready, target, ours, empty: new.is_empty() })))
}

impl Staged {
    /// Takes the old folder's place (Linux: one `renameat2`; elsewhere two renames, between which the folder is missing; on
    /// overlayfs a folder of a lower layer is deleted first).
    ///
    /// # Errors
    /// The environment; the old folder is then as it was, or the new one is in its place and the old one, which cannot be
    /// removed, beside it.
    pub fn replace(mut self) -> Result<()> {
        let ready = std::mem::take(&mut self.ready);
        let (target, ours) = (&self.target, |path: &String| self.ours.contains(path));
        match exchange(&ready, target) {
            Err(e) if e.kind() == ErrorKind::CrossesDevices => {
                let whole = ready.with_extension("whole");
                rescue(target, &ready, &ours)?;
                fs::rename(&ready, &whole).with_context(|| format!("cannot rename {}", ready.display()))?;
                succeed(&whole, target)?;
            }
            done => {
                done.inspect_err(|_| drop(remove(&ready)))
                    .with_context(|| format!("cannot replace {}", target.display()))?;
                // That is the old tree now. What others put there while we wrote comes over; should that fail, it stays
                // where it is and the next run tries again.
                if rescue(&ready, target, &ours).is_ok() {
                    remove_leftover(&ready)?;
                }
            }
        }
        if self.empty {
            let _ = fs::remove_dir(target); // unless somebody's files are in it
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.ready.as_os_str().is_empty() {
            let _ = remove(&self.ready);
        }
    }
}

/// No file of ours goes through a symlink that lies in the folder: it could lead anywhere.
fn refuse_symlinks(target: &Path, new: &Tree) -> Result<()> {
    for path in new.keys() {
        let folders = Path::new(path).ancestors().skip(1).filter(|a| !a.as_os_str().is_empty());
        if let Some(link) = folders.map(|a| target.join(a)).find(|a| a.is_symlink()) {
            bail!("{} is a symlink; nothing is written through it\nreplace it by a folder", link.display());
        }
    }
    Ok(())
}

/// No file of somebody else's is written over.
fn refuse_foreign(target: &Path, new: &Tree, found: &Tree, ours: &Tree) -> Result<()> {
    for (path, text) in new {
        let file = target.join(path);
        if file.symlink_metadata().is_ok() && !ours.contains_key(path) && found.get(path) != Some(text) {
            bail!("{} is in the way: gatewright did not write it\nmove it, then render again", file.display());
        }
    }
    Ok(())
}

fn stage_tree(target: &Path, stage: &Path, new: &Tree, found: &Tree, stale: &impl Fn(&String) -> bool) -> Result<()> {
    let context = |path: &Path| format!("cannot write {}", path.display());
    fs::create_dir(stage).with_context(|| context(stage))?;
    // Modes of folders come last: one that nobody may write to still gets its files.
    let mut folders = Vec::new();
    if target.is_dir() {
        folders.push((stage.to_owned(), fs::metadata(target).with_context(|| context(target))?.permissions()));
        for entry in WalkDir::new(target).min_depth(1) {
            let entry = listed(entry)?;
            let relative = entry.path().strip_prefix(target).expect("found below it");
            let (name, to) = (slashes(relative), stage.join(relative));
            let kind = entry.file_type();
            if kind.is_dir() {
                let ours = found.keys().any(|p| p.starts_with(&format!("{name}/")) && stale(p));
                if !ours {
                    fs::create_dir_all(&to).with_context(|| context(&to))?;
                    folders.push((to, entry.metadata().with_context(|| context(entry.path()))?.permissions()));
                }
            } else if !stale(&name) && (!new.contains_key(&name) || found.get(&name) == new.get(&name)) {
                fs::create_dir_all(to.parent().expect("below the stage")).with_context(|| context(&to))?;
                keep(entry.path(), &to).with_context(|| context(&to))?;
            }
        }
    }
    for (path, text) in new.iter().filter(|(path, text)| found.get(*path) != Some(text)) {
        let to = stage.join(path);
        fs::create_dir_all(to.parent().expect("below the stage")).with_context(|| context(&to))?;
        fs::write(&to, text.as_bytes()).with_context(|| context(&to))?;
        if let Ok(old) = fs::symlink_metadata(target.join(path)) {
            fs::set_permissions(&to, old.permissions()).with_context(|| context(&to))?;
        }
    }
    for (folder, mode) in folders.into_iter().rev() {
        fs::set_permissions(&folder, mode).with_context(|| context(&folder))?;
    }
    Ok(())
}

/// Another name for a file; where links are not to be had a copy with its mode and time. A symlink stays one.
fn keep(from: &Path, to: &Path) -> io::Result<()> {
    let Err(error) = fs::hard_link(from, to) else { return Ok(()) };
    let about = fs::symlink_metadata(from)?;
    if about.is_symlink() {
        #[cfg(unix)]
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
        #[cfg(not(unix))]
        return Err(error);
    }
    if !about.is_file() {
        return Err(error);
    }
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.set_modified(about.modified()?)
}

/// Writes a new file; one that is there stays.
///
/// # Errors
/// It is there, or cannot be written.
pub fn create(path: &Path, text: &str) -> Result<()> {
    let mut file = match File::create_new(path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is already there and stays as it is", path.display())
        }
        opened => opened.with_context(|| format!("cannot write {}", path.display()))?,
    };
    let written = io::Write::write_all(&mut file, text.as_bytes());
    if written.is_err() {
        let _ = fs::remove_file(path); // half a file would only be in the way
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// The same in a folder below another, which is made where it is missing.
///
/// # Errors
/// As [`create`]; or the folder leads elsewhere.
pub fn create_below(folder: &Path, path: &Path, text: &str) -> Result<()> {
    let below = path.parent().expect("below a folder");
    fs::create_dir_all(below).with_context(|| format!("cannot create {}", below.display()))?;
    inside(folder, below)?;
    create(path, text)
}

/// Writes a file in the place of one that may be there: that one or the new one is left, never a half.
///
/// # Errors
/// It cannot be written.
pub fn save(path: &Path, text: &str) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let _ = fs::remove_file(&beside); // of a killed run, or a link that leads elsewhere
    let written = File::create_new(&beside).and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
    let written = written.and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Makes a folder hold exactly these files (golden trees: whatever else was there goes).
///
/// # Errors
/// The environment.
pub fn replace(folder: &Path, files: &Tree) -> Result<()> {
    remove(folder)?;
    for (path, text) in files {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().expect("below the folder"))
            .with_context(|| format!("cannot create {}", folder.display()))?;
        fs::write(&to, text.as_bytes()).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}
