//! Teams and keys -> what is done about them, in words and as a shell script. Printed, never run; `shell/tenants.py` is what
//! does not depend on them.

use serde_json::{Map, Value, json};

use crate::command::formats::Tool;
use crate::command::seed;
use crate::command::tenants::file::{Field, KEY, Platform, TEAM};
use crate::command::workspace::{Result, pretty};
use crate::render::bundle::Bundle;

/// What the script runs.
const PROGRAM: &str = include_str!("../../../shell/tenants.py");

/// The entries below `teams` or `keys`.
fn entries<'t>(tenants: &'t Value, key: &str) -> impl Iterator<Item = (&'t String, &'t Map<String, Value>)> {
    let entries = tenants[key].as_object().into_iter().flatten();
    entries.filter_map(|(name, entry)| Some((name, entry.as_object()?)))
}

/// The same for people.
pub(crate) fn plan(tenants: &Value, platform: &Platform) -> String {
    let mut text = format!("LiteLLM of {}: made where it is missing, changed where it differs\n", platform.name);
    for (name, team) in entries(tenants, "teams") {
        text += &format!("\nteam {name}\n{}", words(team, TEAM));
    }
    for (name, key) in entries(tenants, "keys") {
        let value = match key.get("value").map(|value| (value["env"].as_str(), value["secret"].as_str())) {
            Some((Some(variable), _)) => format!("that of the variable {variable}"),
            Some((None, Some(entry))) => format!("that of {entry} in the secret store"),
            _ => "asked for when it is made".to_owned(),
        };
        text += &format!("\nkey {name}\n{}  value: {value}\n", words(key, KEY));
    }
    let marker = format!("`managed_by: gatewright` and `platform: {}`", platform.name);
    text += &format!(
        "\nRefused, and then nothing is changed: one of these that is there without {marker} in its metadata\n"
    );
    text + "Never touched: all others, and fields that this file does not name\n"
}

fn words(entry: &Map<String, Value>, fields: &[Field]) -> String {
    let line = |(name, _, [before, after]): &Field| Some(format!("  {before}{}{after}\n", shown(entry.get(*name)?)));
    fields.iter().filter_map(line).collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same for a shell, with values of keys read from a store by one of its tools.
///
/// # Errors
/// As [`seed::opening`].
pub(crate) fn script(tenants: &Value, platform: &Platform, store: Option<(Tool, Option<&Bundle>)>) -> Result<String> {
    let mut text = format!(
        "#!/bin/sh\n# Teams and keys of {}, in its LiteLLM at LITELLM_URL. Needs python3, and LITELLM_MASTER_KEY or a terminal.\nset -eu\n",
        platform.name
    );
    if let Some((tool, bundle)) = store {
        text += &format!("\n{}\n", seed::opening(tool, bundle)?);
    }
    let mut keys = Vec::new();
    for (index, (name, key)) in entries(tenants, "keys").enumerate() {
        let mut wanted = named(key, KEY);
        wanted.insert("key_alias".into(), json!(name));
        let mut variable = key.get("value").and_then(|value| value["env"].as_str()).map(str::to_owned);
        if let Some(entry) = key.get("value").and_then(|value| value["secret"].as_str()) {
            let field = key["value"]["field"].as_str().unwrap_or("value");
            let ours = format!("TENANT_KEY_{index}");
            text += &format!("{ours}=$(get {} {})\nexport {ours}\n", seed::quoted(entry), seed::quoted(field));
            variable = Some(ours);
        }
        keys.push(json!({ "variable": variable, "fields": wanted }));
    }
    let team = |(name, team): (&String, &Map<String, Value>)| {
        let mut wanted = named(team, TEAM);
        wanted.insert("team_id".into(), json!(name));
        json!({ "fields": wanted })
    };
    let wanted = json!({ "platform": platform.name, "teams": entries(tenants, "teams").map(team).collect::<Value>(), "keys": keys });
    text +=
        &format!("\nwanted() {{\n  cat <<'WANTED'\n{}WANTED\n}}\nTENANTS=$(wanted)\nexport TENANTS\n", pretty(&wanted));
    Ok(text + &format!("exec python3 -B - <<'PROGRAM'\n{PROGRAM}PROGRAM\n"))
}

/// What of an entry goes to LiteLLM, under its names.
fn named(entry: &Map<String, Value>, fields: &[Field]) -> Map<String, Value> {
    let field = |(ours, theirs, _): &Field| Some(((*theirs).to_owned(), entry.get(*ours)?.clone()));
    fields.iter().filter_map(field).collect()
}
