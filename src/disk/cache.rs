//! Small files that a later run may find again, in the user's cache folder. They change the time that a run takes and nothing else:
//! where there is no such folder, nothing is kept.

use std::fs;
use std::path::{Path, PathBuf};

use crate::disk::optional;
use crate::disk::write;
use crate::text::digest;

/// A file of the cache that belongs to a folder.
#[derive(Debug)]
pub struct Cached(Option<PathBuf>);

impl Cached {
    /// The file for this folder, wherever in the file system it is.
    #[expect(clippy::disallowed_methods, reason = "that is how a system says where caches lie")]
    pub fn of(folder: &Path) -> Self {
        let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
        let path = || Some(fs::canonicalize(folder).ok()?.into_os_string().into_encoded_bytes());
        Self(cache.and_then(|cache| Some(cache.join("gatewright").join(digest::hex(&path()?)))))
    }

    /// What the file says; empty where there is none.
    pub fn read(&self) -> String {
        self.0.as_ref().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default()
    }

    /// Says this from now on, if that is possible.
    pub fn write(&self, text: &str) {
        if let Some((path, folder)) = self.0.as_deref().and_then(|path| Some((path, path.parent()?)))
            && !optional::says(path, text)
            && fs::create_dir_all(folder).is_ok()
        {
            let _ = write::save(path, text); // the next run then does all of it again
        }
    }
}
