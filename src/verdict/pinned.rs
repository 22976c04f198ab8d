//! The releases whose CustomResourceDefinitions the binary holds -> the definitions, unpacked when they are asked for. The data is
//! `schemas/crds/`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A release of a product that defines kinds.
#[derive(Debug, Deserialize)]
pub struct Release {
    /// Name of its file.
    #[serde(skip)]
    pub name: &'static str,
    /// The product, as a sentence names it.
    pub product: String,
    /// Its version, as its repository names it.
    pub version: String,
    /// The licence of its definitions.
    pub licence: String,
    /// Its repository.
    pub source: String,
    /// What installs it; none when others do.
    pub installed: Option<Installed>,
    #[serde(skip)]
    kinds: &'static [Packed],
}

/// What an Application says of a release.
#[derive(Debug, Deserialize)]
pub struct Installed {
    /// Name of the chart.
    #[serde(default)]
    pub chart: Option<String>,
    /// Path in a git repository.
    #[serde(default)]
    pub path: Option<String>,
    /// Version of the chart, or tag.
    pub version: String,
}

/// API group, kind, and where its definition starts and ends.
type Packed = (&'static str, &'static str, usize, usize);

type Table = &'static [(&'static str, &'static str, &'static [Packed])];

const TABLE: Table = include!(concat!(env!("OUT_DIR"), "/releases.rs"));

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/releases.bin"));

static RELEASES: LazyLock<Vec<Release>> = LazyLock::new(|| {
    let release = |(name, about, kinds): &(&'static str, &str, &'static [Packed])| Release {
        name,
        kinds,
        ..serde_json::from_str(about).expect("schemas/crds.py writes it")
    };
    TABLE.iter().map(release).collect()
});

/// All of them, sorted by name.
pub fn releases() -> &'static [Release] {
    &RELEASES
}

impl Release {
    /// API group and kind of each definition.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.kinds.iter().map(|(group, kind, ..)| (*group, *kind))
    }

    /// The definitions of the kinds that are wanted, as JSON.
    pub fn definitions(&self, wanted: impl Fn(&str, &str) -> bool) -> impl Iterator<Item = String> {
        let found = self.kinds.iter().filter(move |(group, kind, ..)| wanted(group, kind));
        found.map(|(.., start, end)| {
            let bytes = miniz_oxide::inflate::decompress_to_vec(&PACKED[*start..*end]).expect("packed by build.rs");
            String::from_utf8(bytes).expect("packed from text")
        })
    }

    /// Whether a version differs from the installed one in no more than its last number: patch releases keep their definitions.
    pub fn is_near(&self, version: &str) -> bool {
        self.installed.as_ref().is_none_or(|installed| minor(&installed.version) == minor(version))
    }
}

/// `v9.8.7` is of `9.8`; a branch or a range is only of itself.
pub fn minor(version: &str) -> &str {
    let plain = version.strip_prefix('v').unwrap_or(version);
    let numbers = plain.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    plain.rsplit_once('.').map_or(version, |(minor, _)| if numbers { minor } else { version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_release_is_near_and_nothing_else_is() {
        let keda = releases().iter().find(|r| r.name == "keda").expect("a release");
        let version = &keda.installed.as_ref().expect("by a chart").version;
        let minor = minor(version);
        for near in [version.clone(), format!("v{version}"), format!("{minor}.999")] {
            assert!(keda.is_near(&near), "{near}");
        }
        for other in [format!("{minor}.*"), format!("{minor}9.1"), "main".to_owned()] {
            assert!(!keda.is_near(&other), "{other}");
        }
    }
}
