//! The command `crds`: the definitions of the pinned releases -> files in `crds/`, for other tools and for those who bump one.

use std::path::Path;

use serde_json::Value;

use crate::command::definitions::CRDS;
use crate::command::workspace::{Outcome, Result};
use crate::disk::write;
use crate::text::yaml;
use crate::verdict::pinned::{self, Release};

/// The first words of each file.
const HEAD: &str = "# Written by `gatewright crds`:";

pub(crate) fn crds(folder: &Path) -> Result<Outcome> {
    let files = pinned::releases().iter().map(|release| (format!("{}.yaml", release.name), text(release)));
    let files: Vec<(String, String)> = files.collect();
    write::beside_others(&folder.join(CRDS), HEAD, &files)?;
    let releases =
        pinned::releases().iter().map(|r| format!("  {}.yaml  {} {} ({})\n", r.name, r.product, r.version, r.licence));
    Ok(Outcome {
        talk: format!("{} files in {CRDS}:\n{}", files.len(), releases.collect::<String>()),
        ..Outcome::default()
    })
}

/// The definitions of a release as a stream of YAML.
fn text(release: &Release) -> String {
    let Release { product, version, source, licence, .. } = release;
    let head = format!(
        "{HEAD} definitions of {product} {version} ({source}, {licence})\n\
         # without descriptions, for `check` and editors; an operator installs its own.\n"
    );
    let documents = release.definitions(|_, _| true).map(|text| {
        let definition: Value = serde_json::from_str(&text).expect("schemas/crds.py writes JSON");
        format!("---\n{}", yaml::emit(&definition))
    });
    head + &documents.collect::<String>()
}
