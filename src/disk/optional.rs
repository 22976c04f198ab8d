//! Files that need not be there.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result as Tried};

use crate::disk::files::{MAX_FILE, inside, text};
use crate::disk::read::{Failure, not_utf8};
use crate::text::source::Source;

/// A text of the working folder, under its name; `None`: there is no such file.
///
/// # Errors
/// It is unreadable or leads elsewhere (environment), or not UTF-8 (finding).
pub fn optional(folder: &Path, name: &str) -> Result<Option<Arc<Source>>, Failure> {
    let path = folder.join(name);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    inside(folder, &path)?;
    match text(&path, MAX_FILE)? {
        Ok(text) => Ok(Some(Source::new(name, text))),
        Err(before) => Err(Failure::Findings(vec![not_utf8(&Source::new(name, before))])),
    }
}

/// Whether a file, and no link, says exactly this.
pub fn says(path: &Path, text: &str) -> bool {
    !path.is_symlink() && fs::read(path).is_ok_and(|found| found == text.as_bytes())
}

/// Takes a file away.
///
/// # Errors
/// It is there and stays.
pub fn remove(path: &Path) -> Tried<()> {
    // A file system that is read-only would refuse even what is not there.
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
