//! A repository of git -> the files of a revision as texts, without touching the work tree. It asks git itself, by commands that
//! run nothing of the repository's own: no hook, no filter, no pager, no fetch.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::disk::files::slashes;

/// Largest file of a revision that is read, in bytes; larger ones are left out, as those that are no text.
const MAX_FILE: usize = 8 << 20;

/// A folder in a repository.
#[derive(Debug)]
pub struct Repository {
    folder: PathBuf,
    /// The way from the repository's root to the folder; empty, or with a `/` at its end.
    prefix: String,
}

impl Repository {
    /// The repository that a folder lies in; none where it lies in none, or there is no git.
    pub fn around(folder: &Path) -> Option<Self> {
        let found = Repository { folder: folder.to_owned(), prefix: String::new() };
        let prefix = found.ask(&["rev-parse", "--show-prefix"]).ok()?;
        Some(Repository { prefix: prefix.trim_end_matches('\n').to_owned(), ..found })
    }

    /// The commit that a person's word for it means.
    ///
    /// # Errors
    /// There is none.
    pub fn commit(&self, revision: &str) -> Result<String> {
        let wanted = format!("{revision}^{{commit}}");
        let found = self.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
        match found {
            Ok(commit) => Ok(commit.trim().to_owned()),
            Err(_) => {
                bail!("git knows no revision `{revision}`\na branch, a tag or a commit; CI may have to fetch it first")
            }
        }
    }

    /// The last commit that changed a path below the folder.
    pub fn last_change(&self, path: &str) -> Option<String> {
        let found = self.ask(&["rev-list", "-1", "HEAD", "--", path]).ok()?;
        Some(found.trim().to_owned()).filter(|commit| !commit.is_empty())
    }

    /// The regular files of a commit below the folder, as paths from there, that are wanted and are text.
    ///
    /// # Errors
    /// git fails.
    pub fn files(&self, commit: &str, wanted: &dyn Fn(&str) -> bool) -> Result<BTreeMap<String, String>> {
        let listed = self.ask(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let mut names = Vec::new();
        for entry in listed.split('\0').filter(|entry| !entry.is_empty()) {
            let Some((about, path)) = entry.split_once('\t') else { continue };
            let mut about = about.split(' ');
            let (mode, _, object) = (about.next(), about.next(), about.next());
            let below = path.strip_prefix(self.prefix.as_str()).filter(|path| wanted(path));
            if let (Some("100644" | "100755"), Some(object), Some(path)) = (mode, object, below) {
                names.push((path.to_owned(), object.to_owned()));
            }
        }
        self.texts(names)
    }

    fn texts(&self, names: Vec<(String, String)>) -> Result<BTreeMap<String, String>> {
        let mut child = self.git(&["cat-file", "--batch"]).stdin(Stdio::piped()).spawn().context("cannot run git")?;
        let mut asked = child.stdin.take().context("git takes no input")?;
        let orders: String = names.iter().map(|(_, object)| format!("{object}\n")).collect();
        // Both ends are pipes: who writes all before anything is read may wait for ever.
        let writer = std::thread::spawn(move || asked.write_all(orders.as_bytes()));
        let output = child.wait_with_output().context("cannot run git")?;
        let written = writer.join().map_err(|_| anyhow::anyhow!("the thread that asks git is gone"))?;
        written.context("cannot ask git")?;
        let (mut texts, mut rest) = (BTreeMap::new(), &output.stdout[..]);
        for (path, object) in names {
            let end = rest.iter().position(|byte| *byte == b'\n').context("git says too little")?;
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let size: Option<usize> = head.rsplit(' ').next().and_then(|size| size.parse().ok());
            let Some(size) = size.filter(|_| head.starts_with(&object)) else { bail!("git has no {path}: {head}") };
            let bytes = rest.get(end + 1..end + 1 + size).context("git says too little")?;
            if size <= MAX_FILE
                && let Ok(text) = String::from_utf8(bytes.to_vec())
            {
                texts.insert(path, text);
            }
            rest = rest.get(end + size + 2..).unwrap_or_default();
        }
        Ok(texts)
    }

    fn ask(&self, arguments: &[&str]) -> Result<String> {
        let output = self.git(arguments).output().context("cannot run git")?;
        if !output.status.success() {
            bail!("git {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn git(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs", "-c", "core.fsmonitor=false"]);
        git.arg("-C").arg(&self.folder).args(arguments);
        git.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
        git.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
        git
    }
}

/// The nearest folder, upward from a folder, in which a path exists, and the way from there back, with `/`.
pub fn upward(folder: &Path, wanted: &Path) -> Option<(PathBuf, String)> {
    let start = std::fs::canonicalize(folder).ok()?;
    let found = start.ancestors().find(|above| above.join(wanted).exists())?;
    let back = start.strip_prefix(found).ok()?;
    Some((found.to_path_buf(), slashes(back)))
}
