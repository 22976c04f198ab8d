//! The choices that a catalog leaves to its users, as feature sets: which of them `prove` looks at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::group::catalog::Catalog;
use crate::group::file::Group;
use crate::text::yaml;

/// About how many sets are looked at.
const MOST: usize = 4_000;

/// One choice of everything that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Set {
    /// Flags that are `true`; the others are absent.
    pub flags: BTreeSet<String>,
    /// Provider of each group that has providers.
    pub providers: BTreeMap<String, String>,
    /// The profile.
    pub profile: String,
}

impl Set {
    /// The features.yaml of this set. Providers that need settings get the example of their group file.
    pub fn features_yaml(&self, catalog: &Catalog) -> String {
        let flags: Map<String, Value> = self.flags.iter().map(|f| (f.clone(), json!(true))).collect();
        let mut settings = Map::new();
        for (group, provider) in &self.providers {
            let example = catalog.groups[group].variants[provider].text.example.clone();
            let mut of_group = example.as_object().cloned().unwrap_or_default();
            of_group.insert("provider".into(), json!(provider));
            settings.insert(group.clone(), Value::Object(of_group));
        }
        yaml::emit(&json!({
            "platform": { "name": "proof", "profile": self.profile, "argocd": { "repoURL": "https://git.example.com/proof.git" } },
            "features": flags,
            "settings": settings,
        }))
    }

    /// How much differs from the defaults.
    pub(crate) fn weight(&self, catalog: &Catalog) -> (usize, String) {
        let chosen = self.providers.iter().filter(|(g, p)| catalog.groups[*g].provider.as_ref() != Some(p)).count();
        (self.flags.len() + chosen, self.describe(catalog))
    }

    /// In words: what differs from the defaults.
    pub fn describe(&self, catalog: &Catalog) -> String {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        let mut words = vec![format!("profile {}", self.profile), format!("features [{}]", flags.join(", "))];
        let chosen = self.providers.iter().filter(|(g, p)| catalog.groups[*g].provider.as_ref() != Some(p));
        words.extend(chosen.map(|(group, provider)| format!("{group} {provider}")));
        words.join(", ")
    }
}

/// Every combination of flags and profiles with the default providers, in a fixed order.
pub fn of_flags(catalog: &Catalog) -> Vec<Set> {
    let profiles = catalog.platform.json["properties"]["profile"]["enum"].as_array().into_iter().flatten();
    let providers = Providers::new(catalog).nth(0);
    let start = profiles.filter_map(Value::as_str).map(|profile| Set {
        flags: BTreeSet::new(),
        providers: providers.clone(),
        profile: profile.to_owned(),
    });
    let mut sets: Vec<Set> = start.collect();
    for feature in catalog.features().keys() {
        let with = |set: &Set| Set {
            flags: set.flags.iter().cloned().chain([(*feature).to_owned()]).collect(),
            ..set.clone()
        };
        sets = sets.iter().flat_map(|set| [set.clone(), with(set)]).collect();
    }
    sets
}

/// The sets of a catalog that are looked at, in a fixed order: every combination of flags and profiles, with all choices of
/// providers where these are few. Where they are many, with the default ones and some that are drawn, the same in every run:
/// any three choices meet (`tests/properties.rs`).
pub fn sets(catalog: &Catalog) -> Vec<Set> {
    let (plain, providers) = (of_flags(catalog), Providers::new(catalog));
    let all = providers.count();
    let each = (MOST / plain.len()).clamp(2, all.max(2));
    let others = |(i, set): (usize, &Set)| -> Vec<Set> {
        let number = |n: usize| if each == all { n } else { drawn(i * each + n) % all };
        let chosen = |n| Set { providers: providers.nth(number(n)), ..set.clone() };
        [set.clone()].into_iter().chain((1..each).map(chosen)).collect()
    };
    plain.iter().enumerate().flat_map(others).collect()
}

/// The providers that can be chosen, by group; the default of each comes first.
struct Providers<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> Providers<'a> {
    fn new(catalog: &'a Catalog) -> Self {
        let groups = catalog.groups.values().filter(|group| !group.variants.contains_key(""));
        let of_group = |group: &'a Group| {
            let mut names: Vec<&str> = group.variants.keys().map(String::as_str).collect();
            names.sort_by_key(|name| group.provider.as_deref() != Some(name));
            (group.name.as_str(), names)
        };
        Self(groups.map(of_group).collect())
    }

    fn count(&self) -> usize {
        self.0.iter().map(|(_, names)| names.len()).product()
    }

    /// One choice of a provider for each group; that of number 0 is the default.
    fn nth(&self, mut n: usize) -> BTreeMap<String, String> {
        let one = |(group, names): &(&str, Vec<&str>)| {
            let name = names[n % names.len()];
            n /= names.len();
            ((*group).to_owned(), name.to_owned())
        };
        self.0.iter().map(one).collect()
    }
}

/// A number that looks as if it were drawn, the same for the same `n` (the constants are those of SplitMix64).
fn drawn(n: usize) -> usize {
    let mix = |z: u64, by: u32, factor: u64| (z ^ (z >> by)).wrapping_mul(factor);
    let z = mix((n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15), 30, 0xbf58_476d_1ce4_e5b9);
    (mix(z, 27, 0x94d0_49bb_1331_11eb) >> 33) as usize
}
