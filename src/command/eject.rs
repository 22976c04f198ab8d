//! The command `eject`, and `diff --ejected`: built-in files copied into the working folder, and held against those of today.

use anyhow::anyhow;
use similar::TextDiff;

use crate::command::workspace::{Outcome, Result, Workspace};
use crate::disk::write;
use crate::group::ejected;
use crate::text::schema::did_you_mean;

/// Copies files; all or, where one is not built in or is there, none.
pub(crate) fn eject(workspace: &Workspace<'_>, files: &[String]) -> Result<Outcome> {
    let names = ejected::names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut copies = Vec::new();
    for name in files {
        let Some(text) = ejected::original(name) else {
            return Err(anyhow!("there is no built-in file {name}\n{}", did_you_mean(name, &names)).into());
        };
        let path = workspace.folder.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(anyhow!("{name} is already there and stays as it is").into());
        }
        copies.push((name, path, ejected::copy(name, text)));
    }
    let mut talk = String::new();
    for (name, path, text) in copies {
        write::create_below(workspace.folder, &path, &text)?;
        talk += &format!("{name} written; `gatewright check` says when the built-in one changes\n");
    }
    Ok(Outcome { talk, ..Outcome::default() })
}

/// What copies have that the built-in files of this binary do not, and the other way round.
pub(crate) fn diff(workspace: &Workspace<'_>) -> Outcome {
    let mut data = String::new();
    for source in workspace.catalog.sources.values() {
        let Some((_, text)) = ejected::taken_apart(&source.text) else { continue };
        let original = ejected::original(&source.name).unwrap_or_default();
        let (a, b) = (format!("built-in/{}", source.name), source.name.clone());
        data += &TextDiff::from_lines(original, text).unified_diff().header(&a, &b).to_string();
    }
    Outcome { differs: !data.is_empty(), ..Outcome::data(data) }
}
