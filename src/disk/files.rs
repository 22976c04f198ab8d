//! Files and folders -> their texts and paths, in the words of the system where that fails.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use walkdir::{DirEntry, WalkDir};

/// Largest file that is read at all, in bytes; `yaml` has its own, smaller limit with a place.
pub(crate) const MAX_FILE: u64 = 8 << 20;

/// Refuses what a symlink leads out of a folder: what lies elsewhere is not ours to read, and less to quote.
///
/// # Errors
/// It leads out, or is not there.
pub fn inside(folder: &Path, path: &Path) -> Result<()> {
    let real = |path: &Path| fs::canonicalize(path).with_context(|| format!("cannot read {}", path.display()));
    if !real(path)?.starts_with(real(folder)?) {
        bail!("{} leads out of {}\nput the files themselves there", path.display(), folder.display());
    }
    Ok(())
}

/// The files below a part of a folder that end so, sorted; one that is missing has none.
///
/// # Errors
/// Something that looks like one and is not read: a symlink, `*.yml`, no regular file, a file in the folder's place.
pub(crate) fn files_of(base: &Path, part: &str, depth: usize, end: &str) -> Result<Vec<PathBuf>> {
    let folder = &base.join(part);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    inside(base, folder)?;
    if !folder.is_dir() {
        bail!("{} is no folder", folder.display());
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).max_depth(depth).sort_by_file_name() {
        let entry = listed(entry)?;
        let path = entry.path().display();
        match entry.path().extension().and_then(|e| e.to_str()) {
            Some("yml") if end == "yaml" => bail!("{path} is not read\nrename it: files end in .yaml"),
            found if found != Some(end) => {}
            _ if entry.path_is_symlink() => bail!("{path} is a symlink\nput the file itself there"),
            _ if entry.file_type().is_file() => files.push(entry.into_path()),
            _ => bail!("{path} is no regular file"),
        }
    }
    Ok(files)
}

/// A file's text, or what of it is text before the first byte that is not UTF-8.
pub(crate) fn text(path: &Path, most: u64) -> Result<Result<String, String>> {
    let about = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if !about.is_file() {
        bail!("{} is no regular file", path.display());
    }
    if about.len() > most {
        bail!("{} has {} bytes\nfiles of up to {most} bytes are read", path.display(), about.len());
    }
    // A file may grow while it is read, and those of the kernel have no length.
    let mut bytes = Vec::with_capacity(about.len() as usize + 1);
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    if read.with_context(|| format!("cannot read {}", path.display()))? as u64 > most {
        bail!("{} has more than {most} bytes", path.display());
    }
    Ok(String::from_utf8(bytes).map_err(|e| {
        let valid = e.utf8_error().valid_up_to();
        String::from_utf8_lossy(&e.as_bytes()[..valid]).into_owned()
    }))
}

/// What a walk through folders came upon.
///
/// # Errors
/// It is unreadable, in the words of the system alone.
pub(crate) fn listed(entry: walkdir::Result<DirEntry>) -> Result<DirEntry> {
    entry.map_err(|error| {
        let what = format!("cannot list {}", error.path().unwrap_or(Path::new("")).display());
        let cause = error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of links"));
        anyhow::Error::new(cause).context(what)
    })
}

pub(crate) fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
