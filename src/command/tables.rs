//! Plans, claims, keys and images -> what `resolve`, `status`, `secrets` and `images` print. Words and columns only.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::group::claim::State;
use crate::group::component::SecretSource;
use crate::plan::choice::Choice;
use crate::plan::resolve::Plan;
use crate::render::claims::Claim;
use crate::render::images::Image;
use crate::render::secret_contract::BackendKey;
use crate::text::shown::{cell, line};

/// The plan for programs.
pub fn plan_json(plan: &Plan<'_>) -> Value {
    let groups: serde_json::Map<String, Value> = plan
        .choices
        .values()
        .map(|c| {
            let provider = Some(c.provider).filter(|p| !p.is_empty() && c.on);
            (c.group.name.clone(), json!({ "on": c.on, "reason": c.reason.to_string(), "provider": provider }))
        })
        .collect();
    let components: Value = plan
        .components
        .iter()
        .map(|c| json!({ "name": c.name, "group": c.group, "namespace": c.namespace.name, "wave": c.wave, "path": c.path }))
        .collect();
    json!({ "cluster": plan.cluster, "profile": plan.platform["profile"], "groups": groups, "components": components })
}

/// The plan for people: each group, on or off, and why.
pub fn plan_text(plan: &Plan<'_>) -> String {
    let mut text =
        format!("cluster {} (profile {})\n", plan.cluster, plan.platform["profile"].as_str().unwrap_or_default());
    let width = plan.choices.keys().map(|n| n.len()).max().unwrap_or(0);
    for choice in plan.choices.values() {
        let provider = if choice.on && !choice.provider.is_empty() {
            format!(" (provider {})", choice.provider)
        } else {
            String::new()
        };
        let state = if choice.on { "on " } else { "off" };
        text += &format!("  {state}  {:width$}  {}{provider}\n", choice.group.name, choice.reason);
    }
    text
}

/// Claims for people, the details wrapped at 80 columns.
pub fn status_text(cluster: &str, claims: &[Claim]) -> String {
    let mut text = format!("cluster {cluster}\n");
    for claim in claims {
        text += &format!("  {:<12} {}\n", state_name(claim), line(&claim.control));
        if claim.state != State::Off {
            text += &wrapped(&claim.detail, 15, 80);
        }
        for gap in &claim.gaps {
            text += &wrapped(&format!("no evidence: {}", gap.sentence), 15, 80);
        }
    }
    text
}

/// Claims as a Markdown table.
pub fn status_markdown(cluster: &str, claims: &[Claim]) -> String {
    let rows: String = claims
        .iter()
        .map(|c| format!("| {} | {} | {} |\n", cell(&c.control), state_name(c), cell(&c.detail)))
        .collect();
    format!("| control of {cluster} | state | detail |\n|---|---|---|\n{rows}")
}

fn state_name(claim: &Claim) -> String {
    serde_json::to_value(claim.state).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The secret contract for people.
pub fn secrets_text(cluster: &str, keys: &[BackendKey]) -> String {
    let mut text = format!("cluster {cluster}: {} keys in the secret store\n", keys.len());
    for key in keys {
        let property = key.property.as_ref().map(|p| format!(", property {p}")).unwrap_or_default();
        let source = match key.source {
            SecretSource::Given => "given by a person",
            SecretSource::Generated => "generated, e.g. openssl rand -hex 24",
        };
        text += &wrapped(&format!("{}{property} (store {}; {source})", key.key, key.store), 2, 80);
        text += &wrapped(&key.description, 6, 80);
        text += &wrapped(&format!("arrives at {}", key.arrives.join(", ")), 6, 80);
        text += &wrapped(&format!("read by {}", key.readers.join(", ")), 6, 80);
    }
    text
}

/// The images of a cluster for people.
pub fn images_text(cluster: &str, images: &[Image]) -> String {
    let names: BTreeSet<&str> = images.iter().filter_map(|image| image.image.as_deref()).collect();
    let mut text = format!("cluster {cluster}: {} images\n", names.len());
    for name in names {
        text += &format!("  {name}\n");
        for image in images.iter().filter(|image| image.image.as_deref() == Some(name)) {
            let whole = name.contains('@') || name.rsplit('/').next().is_some_and(|last| last.contains(':'));
            let tag = if whole { "" } else { ", which knows its tag" };
            let chart = image.chart.as_ref().map(|chart| format!(", by the chart {chart}{tag}")).unwrap_or_default();
            text += &format!("      {}{chart}\n", image.object);
        }
    }
    let unknown: Vec<&Image> = images.iter().filter(|image| image.image.is_none()).collect();
    if !unknown.is_empty() {
        text += "  images that only a chart knows\n";
    }
    let charts = unknown.iter().filter_map(|image| Some((image.chart.as_ref()?, &image.object)));
    text + &charts.map(|(chart, object)| format!("      of {chart}, {object}\n")).collect::<String>()
}

/// The plan as a Markdown table.
pub fn plan_markdown(plan: &Plan<'_>) -> String {
    let row = |choice: &Choice<'_>| {
        let provider = if choice.on { choice.provider } else { "" };
        let state = if choice.on { "on" } else { "off" };
        format!("| {} | {state} | {provider} | {} |\n", cell(&choice.group.name), cell(&choice.reason.to_string()))
    };
    let rows: String = plan.choices.values().map(row).collect();
    format!("| group of {} | state | provider | reason |\n|---|---|---|---|\n{rows}", plan.cluster)
}

/// The secret contract as a Markdown table.
pub fn secrets_markdown(cluster: &str, keys: &[BackendKey]) -> String {
    let row = |key: &BackendKey| {
        let source = match key.source {
            SecretSource::Given => "given",
            SecretSource::Generated => "generated",
        };
        let (property, arrives, readers) =
            (key.property.as_deref().unwrap_or_default(), key.arrives.join(", "), key.readers.join(", "));
        let cells = [&*key.key, property, &*key.store, source, &*key.description, &*arrives, &*readers];
        format!("| {} |\n", cells.map(cell).join(" | "))
    };
    let rows: String = keys.iter().map(row).collect();
    format!(
        "| key of {cluster} | property | store | source | description | arrives at | read by |\n|---|---|---|---|---|---|---|\n{rows}"
    )
}

/// Words in lines of at most `width` columns, each after `indent` spaces.
fn wrapped(words: &str, indent: usize, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let line = lines.last_mut().expect("never empty");
        if line.is_empty() {
            line.push_str(word);
        } else if indent + line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.iter().map(|line| format!("{:indent$}{line}\n", "")).collect()
}
