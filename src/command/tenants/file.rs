//! The file of `gatewright tenants`, held against its schema and the platform.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::text::finding::{Code, Finding};
use crate::text::node::Node;
use crate::text::pointer::escaped;
use crate::text::schema::{Schema, did_you_mean};
use crate::text::secret;
use crate::text::source::Source;
use crate::text::yaml;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(include_str!("../../../schemas/tenants.yaml")));

/// A field: our name of it, LiteLLM's, and a word or two before and after its value in a plan.
pub(crate) type Field = (&'static str, &'static str, [&'static str; 2]);

/// What a team has.
pub(crate) const TEAM: &[Field] = &[
    ("name", "team_alias", ["called ", ""]),
    ("models", "models", ["models: ", ""]),
    ("budget", "max_budget", ["budget: ", " USD"]),
    ("budgetDuration", "budget_duration", ["full again every ", ""]),
    ("rpm", "rpm_limit", ["", " requests a minute"]),
    ("tpm", "tpm_limit", ["", " tokens a minute"]),
];

/// What a key has.
pub(crate) const KEY: &[Field] = &[
    ("team", "team_id", ["of team ", ""]),
    ("models", "models", ["models: ", ""]),
    ("budget", "max_budget", ["budget: ", " USD"]),
    ("budgetDuration", "budget_duration", ["full again every ", ""]),
    ("duration", "duration", ["valid ", " from when it is made"]),
    ("rpm", "rpm_limit", ["", " requests a minute"]),
    ("tpm", "tpm_limit", ["", " tokens a minute"]),
    ("maxParallelRequests", "max_parallel_requests", ["", " requests at a time"]),
    ("allowedRoutes", "allowed_routes", ["routes: ", ""]),
];

/// The platform that the file is for.
pub(crate) struct Platform {
    /// Name of the cluster.
    pub(crate) name: String,
    /// Its models' aliases; `None` where they are not known.
    pub(crate) aliases: Option<Vec<String>>,
}

/// The file, as its schema wants it, and the platform that it names.
///
/// # Errors
/// All mistakes.
pub(crate) fn read(source: &Arc<Source>, platform: Option<Platform>) -> Result<(Value, Platform), Vec<Finding>> {
    let node = yaml::read(source).map_err(|finding| vec![finding])?;
    let mut findings = literals(&node);
    secret::literals_in_comments(source, &mut findings);
    if findings.is_empty() {
        findings = SCHEMA.findings(&node, "tenants");
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let platform = platform_of(&node, platform).map_err(|finding| vec![finding])?;
    findings.extend(platform.aliases.iter().flat_map(|aliases| unknown_models(&node, aliases)));
    findings.extend(teams(&node));
    if findings.is_empty() { Ok((node.to_value(), platform)) } else { Err(findings) }
}

/// A key in the file, whatever it looks like: a name that says so with a text as its value.
fn literals(node: &Node) -> Vec<Finding> {
    let mut findings = Vec::new();
    secret::literals(node, &mut findings);
    if !findings.is_empty() {
        return findings;
    }
    for entry in node.get("keys").map(Node::entries).into_iter().flatten().flat_map(|key| key.value.entries()) {
        let text = entry.value.to_value().is_string();
        if text && ["key", "value", "token", "secret"].contains(&entry.key.as_str()) {
            let finding = Finding::error(Code::LiteralSecret, format!("`{}` of a key is a text", entry.key));
            findings.push(finding.place(entry.place.clone()).help(
                "write `value: { env: NAME }` or `value: { secret: NAME }`, or nothing, and the script asks; if it was committed, revoke it",
            ));
        }
    }
    findings
}

fn platform_of(node: &Node, platform: Option<Platform>) -> Result<Platform, Finding> {
    let named = node.get("platform").map(Node::to_value);
    let named = named.as_ref().and_then(Value::as_str);
    match (named, platform) {
        (Some(name), Some(platform)) if name != platform.name => {
            let finding = Finding::error(
                Code::InvalidValue,
                format!("this file is for `{name}`, and the cluster is `{}`", platform.name),
            );
            Err(finding
                .place(node.place_at("/platform"))
                .help("choose the cluster with `--cluster`, or the folder with `-C`"))
        }
        (_, Some(platform)) => Ok(platform),
        (Some(name), None) => Ok(Platform { name: name.to_owned(), aliases: None }),
        (None, None) => {
            let finding =
                Finding::error(Code::MissingValue, "`tenants` needs `platform`, since there is no features.yaml here");
            Err(finding
                .place(node.place.clone())
                .help("add `platform:` with the name of the cluster, or run it in the folder of the platform"))
        }
    }
}

/// The models that an entry names, with their pointers.
fn models(node: &Node, pointer: &str) -> Vec<(String, String)> {
    let at = format!("{pointer}/models");
    let list = node.at(&at).map(Node::to_value);
    let items = list.as_ref().and_then(Value::as_array).into_iter().flatten().enumerate();
    items.filter_map(|(i, name)| Some((name.as_str()?.to_owned(), format!("{at}/{i}")))).collect()
}

/// The pointers of all entries below a key.
fn entries(node: &Node, key: &str) -> Vec<String> {
    let entries = node.get(key).map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| format!("/{key}/{}", escaped(&entry.key))).collect()
}

/// LiteLLM takes any name, and answers a call of it with an error.
fn unknown_models(node: &Node, aliases: &[String]) -> Vec<Finding> {
    let known: Vec<&str> = aliases.iter().map(String::as_str).collect();
    let named = ["teams", "keys"].into_iter().flat_map(|key| entries(node, key)).flat_map(|at| models(node, &at));
    let unknown = named.filter(|(name, _)| !known.contains(&name.as_str()));
    let finding = |(name, at): (String, String)| {
        let finding = Finding::error(Code::InvalidValue, format!("no model of this platform has the alias `{name}`"));
        finding.place(node.place_at(&at)).help(did_you_mean(&name, &known))
    };
    unknown.map(finding).collect()
}

/// A key's team stands in the file, and has the key's models.
fn teams(node: &Node) -> Vec<Finding> {
    let teams = node.get("teams").map(Node::entries).unwrap_or_default();
    let known: Vec<&str> = teams.iter().map(|team| team.key.as_str()).collect();
    let mut findings = Vec::new();
    for at in entries(node, "keys") {
        let team = node.at(&format!("{at}/team")).map(Node::to_value);
        let Some(team) = team.as_ref().and_then(Value::as_str) else { continue };
        if !known.contains(&team) {
            let finding = Finding::error(Code::InvalidValue, format!("this file has no team `{team}`"));
            findings.push(finding.place(node.place_at(&format!("{at}/team"))).help(did_you_mean(team, &known)));
            continue;
        }
        let of_team = models(node, &format!("/teams/{}", escaped(team)));
        let known: Vec<&str> = of_team.iter().map(|(name, _)| name.as_str()).collect();
        for (name, at) in models(node, &at).into_iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let message = format!("the team `{team}` may not ask `{name}`, and so may none of its keys");
            let finding = Finding::error(Code::InvalidValue, message).place(node.place_at(&at));
            findings.push(finding.help(did_you_mean(&name, &known)));
        }
    }
    findings
}
