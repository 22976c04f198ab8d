//! Files of ours in a folder that may hold others.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::disk::write::save;

/// Writes files into a folder that may hold others. One that is there and does not start as ours do stays, and nothing is written.
///
/// # Errors
/// There is such a file, or the environment.
pub fn beside_others(folder: &Path, head: &str, files: &[(String, String)]) -> Result<()> {
    let all = || files.iter().map(|(name, text)| (folder.join(name), text));
    let linked = [folder.to_owned()].into_iter().chain(all().map(|(path, _)| path)).find(|path| path.is_symlink());
    if let Some(path) = linked {
        bail!("{} is a symlink; nothing is written through it", path.display());
    }
    let of_others =
        |path: &Path| path.exists() && !fs::read(path).is_ok_and(|bytes| bytes.starts_with(head.as_bytes()));
    if let Some((path, _)) = all().find(|(path, _)| of_others(path)) {
        bail!("{} is there, and gatewright did not write it\nmove it away, or give it another name", path.display());
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    all().try_for_each(|(path, text)| save(&path, text))
}
