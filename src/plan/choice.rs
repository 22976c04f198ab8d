//! Stratum 1: which groups are on, with which provider, and why. Sees flags and `settings.<group>.provider`, nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::group::catalog::Catalog;
use crate::group::file::{Group, Variant};
use crate::plan::features::Cluster;
use crate::text::finding::{Code, Finding};
use crate::text::source::Place;
use crate::text::yaml::Kind;

/// What was decided about one group.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// The group.
    pub group: &'a Group,
    /// Name of the chosen provider; empty when the group has none.
    pub provider: &'a str,
    /// Whether it is on.
    pub on: bool,
    /// Why.
    pub reason: Reason,
}

/// Why a group is on or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has no feature: always on.
    Core,
    /// The flag is `true`.
    Flag,
    /// No flag, and the profile of this name has it.
    Profile(String),
    /// Another group needs a capability that only this one provides.
    Needed {
        /// The group that needs it.
        by: String,
        /// The capability.
        capability: String,
    },
    /// No flag, and nothing needs it.
    Unused,
    /// The flag is `false`.
    Forbidden,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Core => write!(f, "core"),
            Reason::Flag => write!(f, "features.yaml says true"),
            Reason::Profile(name) => write!(f, "the profile {name} has it"),
            Reason::Needed { by, capability } => write!(f, "{by} needs {capability}"),
            Reason::Unused => write!(f, "nothing needs it"),
            Reason::Forbidden => write!(f, "features.yaml says false"),
        }
    }
}

impl<'a> Choice<'a> {
    /// The group as its provider shapes it.
    pub fn variant(&self) -> &'a Variant {
        &self.group.variants[self.provider]
    }

    /// The place of a key in the group file.
    pub fn place(&self, pointer: &str) -> Place {
        self.group.place(self.provider, pointer)
    }
}

/// All groups by name, decided; and what stands against the decision.
pub type Choices<'a> = BTreeMap<&'a str, Choice<'a>>;

/// Decides for one cluster. The closure of requirements is monotone, so the order of groups does not matter.
pub fn choose<'a>(catalog: &'a Catalog, cluster: &Cluster) -> (Choices<'a>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut choices: Choices<'a> = BTreeMap::new();
    let profile = cluster.platform["profile"].as_str().unwrap_or_default();
    for group in catalog.groups.values() {
        let provider = provider(group, cluster);
        let flag = group.feature.as_ref().and_then(|f| cluster.flags.get(f));
        let (on, reason) = match (&group.feature, flag.map(|f| f.on)) {
            (None, _) => (true, Reason::Core),
            (_, Some(true)) => (true, Reason::Flag),
            (_, Some(false)) => (false, Reason::Forbidden),
            (_, None) if group.variants[provider].text.on_in.iter().any(|name| name == profile) => {
                (true, Reason::Profile(profile.to_owned()))
            }
            (_, None) => (false, Reason::Unused),
        };
        choices.insert(&group.name, Choice { group, provider, on, reason });
    }
    while let Some((name, reason)) = forced(&choices) {
        let choice = choices.get_mut(name.as_str()).expect("a group of the catalog");
        (choice.on, choice.reason) = (true, reason);
    }
    for choice in choices.values().filter(|c| c.on) {
        findings.extend(unmet(choice, &choices, cluster));
        if choice.group.provider.is_none() && choice.provider_is_open(cluster) {
            let names: Vec<&str> = choice.group.variants.keys().map(String::as_str).collect();
            findings.push(
                Finding::error(
                    Code::AmbiguousProvider,
                    format!("`{}` has several providers and none is chosen", choice.group.name),
                )
                .place(cluster.place.clone())
                .help(format!(
                    "set `settings.{}.provider` to one of: {}",
                    choice.group.name,
                    names.join(", ")
                )),
            );
        }
    }
    findings.extend(conflicts(&choices, cluster));
    (choices, findings)
}

impl Choice<'_> {
    fn provider_is_open(&self, cluster: &Cluster) -> bool {
        !self.group.variants.contains_key("") && given_provider(self.group, cluster).is_none()
    }
}

fn given_provider<'a>(group: &'a Group, cluster: &Cluster) -> Option<&'a str> {
    match &cluster.settings.get(&group.name)?.get("provider")?.kind {
        Kind::String(name) => group.variants.get_key_value(name).map(|(name, _)| name.as_str()),
        _ => None, // the schema says so in its stratum
    }
}

fn provider<'a>(group: &'a Group, cluster: &Cluster) -> &'a str {
    given_provider(group, cluster)
        .or(group.provider.as_deref())
        .unwrap_or_else(|| group.variants.keys().next().expect("a group has a variant"))
}

/// The groups that could provide a capability with the provider they have, split into on and off.
fn providers_of<'c, 'a>(capability: &str, choices: &'c Choices<'a>) -> (Vec<&'c Choice<'a>>, Vec<&'c Choice<'a>>) {
    choices.values().filter(|c| c.variant().text.capabilities().any(|name| name == capability)).partition(|c| c.on)
}

/// The next group that a requirement switches on.
fn forced(choices: &Choices<'_>) -> Option<(String, Reason)> {
    choices.values().filter(|c| c.on).find_map(|choice| {
        choice.variant().text.requires.iter().find_map(|capability| {
            let (on, off) = providers_of(capability, choices);
            let free: Vec<_> = off.into_iter().filter(|c| c.reason != Reason::Forbidden).collect();
            match (on.is_empty(), &free[..]) {
                (true, [only]) => Some((
                    only.group.name.clone(),
                    Reason::Needed { by: choice.group.name.clone(), capability: capability.clone() },
                )),
                _ => None,
            }
        })
    })
}

/// Requirements of a group that nothing meets.
fn unmet(choice: &Choice<'_>, choices: &Choices<'_>, cluster: &Cluster) -> Vec<Finding> {
    let mut findings = Vec::new();
    for capability in &choice.variant().text.requires {
        let (on, off) = providers_of(capability, choices);
        if !on.is_empty() {
            continue;
        }
        let (forbidden, free): (Vec<&Choice<'_>>, Vec<&Choice<'_>>) =
            off.iter().copied().partition(|c| c.reason == Reason::Forbidden);
        let name = &choice.group.name;
        let because = cause(choice, choices, cluster);
        if let (true, Some(refused)) = (free.is_empty(), forbidden.first()) {
            let feature = refused.group.feature.as_deref().unwrap_or_default();
            let finding = Finding::error(
                Code::ForbiddenFeature,
                format!(
                    "`{name}` needs `{capability}` from `{}`, and `features.{feature}` is `false`",
                    refused.group.name
                ),
            );
            let at = cluster.flags.get(feature).map_or(&cluster.place, |f| &f.place).clone();
            let finding = finding.place(at).help(format!(
                "remove the line `{feature}: false` (it is then switched on), or switch off what needs it"
            ));
            findings.push(match because {
                Some((place, words)) => finding.related(place, words),
                None => finding,
            });
        } else {
            let names: Vec<String> =
                free.iter().map(|c| c.group.feature.clone().unwrap_or_else(|| c.group.name.clone())).collect();
            let finding = match names.is_empty() {
                true => Finding::error(
                    Code::AmbiguousProvider,
                    format!("`{name}` needs `{capability}`, which no group provides as configured"),
                )
                .help(format!(
                    "choose another `settings.*.provider`; groups that can provide it: {}",
                    able(capability, choices)
                )),
                false => Finding::error(
                    Code::AmbiguousProvider,
                    format!("`{name}` needs `{capability}` and several groups could provide it"),
                )
                .help(format!("switch on one of: {}", names.join(", "))),
            };
            findings.push(finding.place(because.map_or_else(|| cluster.place.clone(), |(place, _)| place)));
        }
    }
    findings
}

fn able(capability: &str, choices: &Choices<'_>) -> String {
    let names: BTreeSet<&str> = choices
        .values()
        .filter(|c| c.group.capabilities().contains(capability))
        .map(|c| c.group.name.as_str())
        .collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The flag that, directly or through others, switched a group on.
fn cause(choice: &Choice<'_>, choices: &Choices<'_>, cluster: &Cluster) -> Option<(Place, String)> {
    let mut at = choice;
    while let Reason::Needed { by, .. } = &at.reason {
        at = &choices[by.as_str()];
    }
    let flag = cluster.flags.get(at.group.feature.as_deref()?)?;
    let words = match at.group.name == choice.group.name {
        true => "this needs it".to_owned(),
        false => format!("this needs `{}`", choice.group.name),
    };
    Some((flag.place.clone(), words))
}

/// Capabilities that two groups provide at once.
fn conflicts(choices: &Choices<'_>, cluster: &Cluster) -> Vec<Finding> {
    let mut by_capability: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for choice in choices.values().filter(|c| c.on) {
        for capability in choice.variant().text.capabilities() {
            by_capability.entry(capability).or_default().push(&choice.group.name);
        }
    }
    let twice = by_capability.into_iter().filter(|(_, groups)| groups.len() > 1);
    twice
        .map(|(capability, groups)| {
            Finding::error(Code::ConflictingProviders, format!("{} all provide `{capability}`", groups.join(", ")))
                .place(cluster.place.clone())
                .help("keep one of them on")
        })
        .collect()
}
