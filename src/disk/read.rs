//! Reads what users wrote and what lies in the output folder.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use walkdir::{DirEntry, WalkDir};

use crate::disk::files::{MAX_FILE, files_of, inside, listed, slashes, text};
use crate::plan::features::Inputs;
use crate::render::tree::Tree;
use crate::text::finding::{Code, Finding};
use crate::text::source::{Place, Source};

/// Most bytes of one file of manifests or CRDs, or of stdin.
pub const MAX_STREAM: u64 = 64 << 20;

/// Why reading stopped.
#[derive(Debug)]
pub enum Failure {
    /// The user's files.
    Findings(Vec<Finding>),
    /// The environment.
    Environment(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Environment(error)
    }
}

/// features.yaml (or another name) and clusters/*.yaml beside it.
///
/// # Errors
/// A file is missing or unreadable (environment), or not UTF-8 (finding).
pub fn inputs(folder: &Path, features: &Path) -> Result<Inputs, Failure> {
    let path = folder.join(features);
    if !path.exists() {
        let other = features.with_extension("yml");
        let hint = match folder.join(&other).exists() {
            true => format!("rename {}, or name it: `-f {}`", other.display(), other.display()),
            false => "`gatewright init` writes one; `-C DIR` runs elsewhere, `-f FILE` takes another file".into(),
        };
        return Err(anyhow::anyhow!("there is no {}\n{hint}", features.display()).into());
    }
    let beside = path.parent().unwrap_or(folder);
    inside(beside, &path)?;
    let mut findings = Vec::new();
    let mut read = |path: &Path, name: String| match text(path, MAX_FILE)? {
        Ok(text) => Ok::<_, Failure>(Some(Source::new(name, text))),
        Err(before) => {
            findings.push(not_utf8(&Source::new(name, before)));
            Ok(None)
        }
    };
    let main = read(&path, slashes(features))?;
    let mut clusters = Vec::new();
    for file in yaml_files(beside, "clusters", 1)? {
        let name = format!("clusters/{}", file.file_name().unwrap_or_default().to_string_lossy());
        clusters.extend(read(&file, name)?);
    }
    match main {
        Some(features) if findings.is_empty() => Ok(Inputs { features, clusters }),
        _ => Err(Failure::Findings(findings)),
    }
}

/// The manifests in a folder beside features.yaml; one that is missing has none.
///
/// # Errors
/// A file is unreadable (environment), or not UTF-8 (finding).
pub fn manifests(folder: &Path, features: &Path, below: &str) -> Result<Vec<Arc<Source>>, Failure> {
    let beside = folder.join(features).parent().unwrap_or(folder).to_owned();
    let name = |path: &Path| format!("{below}/{}", path.file_name().unwrap_or_default().to_string_lossy());
    texts(yaml_files(&beside, below, 1)?.into_iter().map(|path| (name(&path), path)))
}

/// Files as texts, each under a name.
fn texts(files: impl IntoIterator<Item = (String, PathBuf)>) -> Result<Vec<Arc<Source>>, Failure> {
    let (mut sources, mut findings) = (Vec::new(), Vec::new());
    for (name, path) in files {
        match text(&path, MAX_FILE)? {
            Ok(text) => sources.push(Source::new(name, text)),
            Err(before) => findings.push(not_utf8(&Source::new(name, before))),
        }
    }
    if findings.is_empty() { Ok(sources) } else { Err(Failure::Findings(findings)) }
}

/// Files by the name of their folder.
pub type Folders = Vec<(String, Vec<Arc<Source>>)>;

/// The folders in a folder beside features.yaml that hold manifests, each with its files.
///
/// # Errors
/// As [`manifests`]; a file lies beside the folders.
pub fn manifest_folders(folder: &Path, features: &Path, below: &str) -> Result<Folders, Failure> {
    let beside = folder.join(features).parent().unwrap_or(folder).to_owned();
    if let Some(file) = yaml_files(&beside, below, 1)?.first() {
        let hint = format!("put it into a folder of {below}/, which is a component with an Application");
        return Err(anyhow::anyhow!("{} belongs to no component\n{hint}", file.display()).into());
    }
    let names = folders(&beside, below)?.into_iter();
    let read = |name: String| Ok((name.clone(), manifests(folder, features, &format!("{below}/{name}"))?));
    names.map(read).filter(|read| !matches!(read, Ok((_, files)) if files.is_empty())).collect()
}

/// The values of the charts that lie in `charts/` beside features.yaml, a folder each.
///
/// # Errors
/// As [`manifests`].
pub fn chart_values(folder: &Path, features: &Path) -> Result<Vec<Arc<Source>>, Failure> {
    let beside = folder.join(features).parent().unwrap_or(folder).to_owned();
    let mut files = Vec::new();
    for chart in folders(&beside, "charts")? {
        let name = format!("charts/{chart}/values.yaml");
        let path = beside.join(&name);
        if path.is_file() {
            inside(&beside, &path)?;
            files.push((name, path));
        }
    }
    texts(files)
}

/// Names of the folders in `clusters/` beside features.yaml, sorted.
///
/// # Errors
/// The folder is unreadable.
pub fn cluster_folders(folder: &Path, features: &Path) -> Result<Vec<String>> {
    folders(folder.join(features).parent().unwrap_or(folder), "clusters")
}

fn folders(beside: &Path, part: &str) -> Result<Vec<String>> {
    let folder = beside.join(part);
    let mut names = Vec::new();
    if folder.is_dir() {
        for entry in WalkDir::new(&folder).min_depth(1).max_depth(1).sort_by_file_name() {
            let entry = listed(entry)?;
            if entry.file_type().is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    Ok(names)
}

/// Manifests or CRDs: a file, all YAML and JSON files below a folder, or stdin (`-`), sorted by name. Files that are not
/// UTF-8, or have more than [`MAX_STREAM`] bytes, become findings; symlinks, and files and folders whose names start with a dot, are passed over.
///
/// # Errors
/// There is no such file, it is unreadable, or stdin has more than [`MAX_STREAM`] bytes.
pub fn sources(folder: &Path, path: &Path) -> Result<(Vec<Arc<Source>>, Vec<Finding>)> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().take(MAX_STREAM + 1).read_to_end(&mut bytes).context("cannot read stdin")?;
        if bytes.len() as u64 > MAX_STREAM {
            bail!("stdin has more than {MAX_STREAM} bytes\nsplit it");
        }
        let text = String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("stdin is not UTF-8 text"))?;
        return Ok((vec![Source::new("<stdin>", text)], Vec::new()));
    }
    let start = folder.join(path);
    if !start.exists() {
        bail!("there is no {}", path.display());
    }
    let (mut sources, mut findings) = (Vec::new(), Vec::new());
    let hidden = |e: &DirEntry| e.depth() > 0 && e.file_name().to_string_lossy().starts_with('.');
    for entry in WalkDir::new(&start).sort_by_file_name().into_iter().filter_entry(|e| !hidden(e)) {
        let entry = listed(entry)?;
        let known = |e: &OsStr| ["yaml", "yml", "json"].iter().any(|known| e == *known);
        if !entry.file_type().is_file() || (entry.depth() > 0 && !entry.path().extension().is_some_and(known)) {
            continue;
        }
        let name = plain(&path.join(entry.path().strip_prefix(&start).expect("found below it")));
        if entry.metadata().is_ok_and(|about| about.len() > MAX_STREAM) {
            findings.push(too_large(&name));
            continue;
        }
        match text(entry.path(), MAX_STREAM)? {
            Ok(text) => sources.push(Source::new(name, text)),
            Err(before) => findings.push(not_utf8(&Source::new(name, before))),
        }
    }
    Ok((sources, findings))
}

/// The folder that names of [`sources`] start with, with a `/` at its end; empty for the working folder and for one file.
pub fn root(folder: &Path, path: &Path) -> String {
    match plain(path) {
        name if name.is_empty() || !folder.join(path).is_dir() => String::new(),
        name => format!("{name}/"),
    }
}

/// A path as people write it: `./a//b/` is `a/b`, and `.` is empty.
fn plain(path: &Path) -> String {
    let steps = path.components().filter(|step| !matches!(step, std::path::Component::CurDir));
    slashes(&steps.collect::<PathBuf>())
}

/// The text of a baseline.
///
/// # Errors
/// It is not there, or no text.
pub fn baseline(path: &Path) -> Result<String> {
    if !path.exists() {
        bail!("there is no {}\n`--write-baseline` writes it", path.display());
    }
    text_of(path)
}

/// The text of a file.
///
/// # Errors
/// It is not there, or no text.
pub fn text_of(path: &Path) -> Result<String> {
    text(path, MAX_FILE)?.map_err(|_| anyhow::anyhow!("{} is not UTF-8 text", path.display()))
}

fn too_large(name: &str) -> Finding {
    let finding = Finding::error(Code::YamlLimit, format!("this file has more than {MAX_STREAM} bytes"));
    finding.place(Place::new(&Source::new(name, ""), 0, 0)).help("it was not looked at; split it")
}

/// About a file of which only this much is text.
pub(crate) fn not_utf8(source: &Arc<Source>) -> Finding {
    let end = source.text.len();
    let finding = Finding::error(Code::NotUtf8, "this file is not UTF-8 text from here on");
    finding.place(Place::new(source, end, end)).help("save it as UTF-8")
}

/// The group files, shapes, templates and pages of rules of a working directory, by path relative to it. Of a folder of
/// others only the pages are ours to read.
///
/// # Errors
/// A file is unreadable (environment), or not UTF-8 (finding).
pub fn catalog_files(folder: &Path, of_others: bool) -> Result<BTreeMap<String, String>, Failure> {
    let (mut files, mut findings) = (BTreeMap::new(), Vec::new());
    let parts: &[(&str, usize, &str)] = match of_others {
        true if !folder.join("rules").is_dir() => &[],
        true => &[("rules", 1, "md")],
        false => &[("groups", 1, "yaml"), ("shapes", 1, "yaml"), ("templates", 8, "yaml"), ("rules", 1, "md")],
    };
    for (part, depth, end) in parts {
        for path in files_of(folder, part, *depth, end)? {
            let name = slashes(path.strip_prefix(folder).expect("found below it"));
            match text(&path, MAX_FILE)? {
                Ok(text) => drop(files.insert(name, text)),
                Err(before) => findings.push(not_utf8(&Source::new(name, before))),
            }
        }
    }
    if findings.is_empty() { Ok(files) } else { Err(Failure::Findings(findings)) }
}

fn yaml_files(base: &Path, part: &str, depth: usize) -> Result<Vec<PathBuf>> {
    files_of(base, part, depth, "yaml")
}

/// What lies in a folder: path -> text. Symlinks, huge files and files that are no text are left out.
///
/// # Errors
/// A folder or file is unreadable; the folder, or the one around it, is a symlink, which could lead anywhere.
pub fn read_tree(folder: &Path) -> Result<Tree> {
    let mut found = Tree::new();
    if let Some(link) = [Some(folder), folder.parent()].into_iter().flatten().find(|path| path.is_symlink()) {
        bail!("{} is a symlink\nreplace it by a folder", link.display());
    }
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in WalkDir::new(folder) {
        let entry = listed(entry)?;
        let small = || entry.metadata().is_ok_and(|about| about.len() <= MAX_FILE);
        if entry.file_type().is_file()
            && small()
            && let Ok(text) = text(entry.path(), MAX_FILE)?
        {
            found.insert(slashes(entry.path().strip_prefix(folder).expect("found below it")), Arc::from(text));
        }
    }
    Ok(found)
}

/// All that lies in a folder and is no folder, whatever it holds: paths with `/`, sorted.
///
/// # Errors
/// A folder is unreadable.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if !folder.is_dir() {
        return Ok(names);
    }
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = listed(entry)?;
        if !entry.file_type().is_dir() {
            names.push(slashes(entry.path().strip_prefix(folder).expect("found below it")));
        }
    }
    Ok(names)
}

/// Names of the folders in a folder that hold a features.yaml, sorted.
///
/// # Errors
/// The folder is unreadable.
pub fn cases(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if !path.is_symlink() && path.join("features.yaml").is_file() {
            names.extend(path.file_name().map(|n| n.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}
