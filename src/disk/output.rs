//! The output folder: one run at a time, and what it writes is on the disk before anything takes a place.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::disk::folders::{remove_leftover, rescue, succeed};
use crate::render::tree::{HEAD, INDEX};

/// The first letters of a folder that is being staged, beside the clusters' folders.
pub(crate) const STAGE: &str = ".gatewright-stage-";

/// The output folder, locked against other runs for as long as this value lives.
#[derive(Debug)]
pub struct Output {
    folder: PathBuf,
    lock: File,
    /// The folder was not there before.
    made: bool,
    /// Files that were staged since the disk was last asked to begin with them.
    waiting: AtomicUsize,
    /// The disk is at it.
    beginning: Arc<AtomicBool>,
}

/// So many staged files make the disk begin with them.
const BEGIN: usize = 10_000;

impl Drop for Output {
    /// A folder that was made for nothing goes away; one that holds something cannot.
    fn drop(&mut self) {
        if self.made {
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

impl Output {
    /// Makes the folder if need be, and waits for a run that holds it.
    ///
    /// # Errors
    /// The environment.
    pub fn open(folder: &Path) -> Result<Self> {
        if folder.is_symlink() {
            bail!("{} is a symlink; nothing is written through it\nreplace it by a folder", folder.display());
        }
        let made = !folder.exists();
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let lock = File::open(folder).with_context(|| format!("cannot open {}", folder.display()))?;
        lock.lock().with_context(|| format!("cannot lock {}", folder.display()))?;
        let (waiting, beginning) = <(AtomicUsize, Arc<AtomicBool>)>::default();
        let output = Self { folder: folder.to_owned(), lock, made, waiting, beginning };
        output.clean_up()?;
        Ok(output)
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes away what a killed run left; a folder that was on its way out comes back where its successor never arrived.
    fn clean_up(&self) -> Result<()> {
        let entries = fs::read_dir(&self.folder).with_context(|| format!("cannot list {}", self.folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(rest) = name.strip_prefix(STAGE) else { continue };
            let known = rest.rsplit_once('.').map(|(cluster, what)| (self.folder.join(cluster), what));
            if let Some((target, "ready" | "old" | "whole")) = &known
                && target.is_dir()
            {
                // One of the two is the old tree, and may hold what somebody put there while the killed run wrote.
                let (from, to) = if name.ends_with(".whole") { (target, &path) } else { (&path, target) };
                rescue(from, to, &|file| to.join(file).exists() || is_ours(from, file))?;
            }
            match known {
                Some((target, "old")) if !target.exists() => {
                    fs::rename(&path, &target).with_context(|| format!("cannot restore {}", target.display()))?;
                }
                Some((target, "whole")) => succeed(&path, &target)?,
                _ => remove_leftover(&path)?,
            }
        }
        Ok(())
    }

    /// Has the disk begin with what was staged while more is rendered, so that [`Self::flush`] waits for the rest only, and tells
    /// of what failed here.
    pub(crate) fn begin(&self, files: usize) {
        if self.waiting.fetch_add(files, Relaxed) + files < BEGIN || self.beginning.swap(true, Relaxed) {
            return;
        }
        self.waiting.store(0, Relaxed);
        let (folder, beginning) = (self.folder.clone(), self.beginning.clone());
        // A file of its own: the kernel tells each once what failed.
        thread::spawn(move || {
            let _ = File::open(folder).and_then(|folder| synced(&folder));
            beginning.store(false, Relaxed);
        });
    }

    /// What was written is on the disk, so that no folder takes its place before its files are there, whatever happens to the
    /// machine.
    ///
    /// # Errors
    /// The environment.
    pub fn flush(&self) -> Result<()> {
        synced(&self.lock).with_context(|| format!("cannot write {}", self.folder.display()))
    }
}

/// The file system of a folder, on Linux; elsewhere the folder itself.
fn synced(folder: &File) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return rustix::fs::syncfs(folder).map_err(io::Error::from);
    #[cfg(not(target_os = "linux"))]
    folder.sync_all()
}

/// A file that begins as ours do.
fn is_ours(folder: &Path, file: &str) -> bool {
    let mut start = [0; HEAD.len()];
    let read = File::open(folder.join(file)).and_then(|mut file| file.read_exact(&mut start));
    file == INDEX || (read.is_ok() && start == *HEAD.as_bytes())
}
