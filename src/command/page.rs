//! The command `report`: all clusters of a working folder -> one page for people who would rather look. Collects only; the
//! page is `report/platform.html`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::command::args::{Diff, Place};
use crate::command::beside::{Lying, Meant};
use crate::command::definitions::{Asked, Definitions};
use crate::command::diff;
use crate::command::formats::{Picture, ReviewFormat};
use crate::command::graph;
use crate::command::pipeline::Rendered;
use crate::command::report;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::disk::write;
use crate::group::claim::Evidence;
use crate::group::memo::Memo;
use crate::group::template::page;
use crate::plan::choice::Choice;
use crate::render::claims::Claim;
use crate::render::evidence::{self, Texts};
use crate::render::images::{self, Image};
use crate::render::secret_contract;
use crate::text::finding::sorted;
use crate::text::secret;

const PAGE: &str = include_str!("../../report/platform.html");

/// Letters of a value that are shown of a change.
const LONGEST: usize = 200;

/// Objects that are named as the evidence of a claim; the rest is counted.
const SHOWN: usize = 6;

pub(crate) fn write(workspace: &Workspace<'_>, place: &Place, against: Option<&str>, output: &Path) -> Result<Outcome> {
    let (clusters, memo) = (workspace.clusters(Some(&place.which))?, Memo::default());
    let definitions = Definitions::find(workspace.folder, &[])?;
    let meant = Meant::read(workspace)?;
    let told = workspace.each(&clusters, &memo, |rendered| {
        let lying = Lying::new(workspace, place, &meant, &rendered)?;
        let others = &lying.others;
        let known = definitions.of(&Asked::of(&rendered.bundle));
        let mut findings = rendered.findings_with(&others.manifests, &known.0);
        findings.extend(others.findings.iter().cloned());
        findings.extend(lying.behind_told());
        let claims = lying.claims(&rendered);
        let findings: Vec<_> = sorted(findings).into_iter().map(report::masked).collect();
        let pictures = [Picture::Request, Picture::Groups].map(|picture| {
            let picture = graph::of(&rendered, picture);
            graph::drawn(&picture).unwrap_or_default()
        });
        Ok((cluster(&rendered, &claims, report::json(&findings)), pictures.to_vec()))
    })?;
    let (clusters, pictures): (Vec<Value>, Vec<Vec<String>>) = told.into_iter().unzip();
    let review = against.map(|revision| review(workspace, place, revision)).transpose()?;
    let mut values = json!({ "clusters": clusters, "review": review, "version": env!("CARGO_PKG_VERSION") });
    secret::mask(&mut values);
    write::save(&workspace.folder.join(output), &page::page(PAGE, &values, &pictures))?;
    Ok(Outcome { talk: format!("{} written; open it in a browser\n", output.display()), ..Outcome::default() })
}

/// What `diff` tells, with the values of fields as text.
fn review(workspace: &Workspace<'_>, place: &Place, revision: &str) -> Result<Value> {
    let against = Some(revision.to_owned());
    let (features, set, crds) = (Vec::new(), Vec::new(), Vec::new());
    let asked = Diff { place: place.clone(), against, features, set, crds, output: ReviewFormat::Json, ejected: false };
    let told = diff::diff(workspace, &asked)?;
    let mut review: Value = serde_json::from_str(&told.data).context("`diff` tells no JSON")?;
    review["against"] = json!(revision);
    for change in review["changes"].as_array_mut().into_iter().flatten() {
        for field in change["fields"].as_array_mut().into_iter().flatten() {
            for side in ["old", "new"] {
                field[side] = match &field[side] {
                    Value::Null => json!("nothing"),
                    Value::String(text) => json!(shortened(text)),
                    value => json!(shortened(&value.to_string())),
                };
            }
        }
    }
    Ok(review)
}

/// A value of a field as far as a table has room for it.
fn shortened(text: &str) -> String {
    let start: String = text.chars().take(LONGEST).collect();
    if start.len() < text.len() { start + "…" } else { start }
}

/// What the page says of one cluster.
fn cluster(rendered: &Rendered<'_>, claims: &[Claim], findings: Value) -> Value {
    let plan = &rendered.plan;
    let group = |choice: &Choice<'_>| {
        let provider = if choice.on { choice.provider } else { "" };
        json!({ "name": choice.group.name, "on": choice.on, "reason": choice.reason.to_string(), "provider": provider, "summary": choice.group.summary })
    };
    let claim = |claim: &Claim| {
        let mut value = json!(claim);
        value["evidence"] = json!(evidence_of(rendered, claim));
        value
    };
    let installed: Vec<Value> = plan
        .components
        .iter()
        .map(|c| json!({ "name": c.name, "group": c.group, "namespace": c.namespace.name, "wave": c.wave }))
        .collect();
    json!({
        "name": plan.cluster,
        "profile": plan.platform["profile"],
        "objects": rendered.bundle.manifests.len(),
        "groups": plan.choices.values().map(group).collect::<Value>(),
        "claims": claims.iter().map(claim).collect::<Value>(),
        "secrets": secret_contract::contract(plan, &rendered.bundle),
        "images": images(rendered),
        "components": installed,
        "findings": findings,
    })
}

/// The objects that bear a claim out, as far as they are named.
fn evidence_of(rendered: &Rendered<'_>, claim: &Claim) -> Vec<String> {
    let declared = rendered.plan.declared.iter().find(|d| d.control == claim.control && d.group == claim.group);
    let manifests = || rendered.bundle.manifests.values().map(|placed| &placed.manifest);
    let (mut said, texts) = (Vec::new(), Texts::default());
    for evidence in declared.into_iter().flat_map(|declared| &declared.evidence) {
        let (selector, before) = match evidence {
            Evidence::Present(selector) | Evidence::Every(selector) => (selector, String::new()),
            Evidence::Seen(seen) => (&seen.shown, format!("seen with {}: ", seen.with)),
            Evidence::Kept(_) => continue,
            Evidence::Absent(selector) => {
                said.push(format!("no {} of that kind", selector.kind));
                continue;
            }
        };
        let found = manifests().filter(|m| evidence::selects(selector, &m.identity, &m.value, &texts));
        let names: Vec<String> = found.map(|m| m.identity.to_string()).collect();
        let more = names.len().saturating_sub(SHOWN);
        let names = names.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
        if !names.is_empty() {
            said.push(if more > 0 { format!("{before}{names} and {more} more") } else { before + &names });
        }
    }
    let mut known = BTreeSet::new();
    said.retain(|words| known.insert(words.clone()));
    said
}

/// Images and charts with the objects that name them.
fn images(rendered: &Rendered<'_>) -> Value {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Image { image, object, chart } in images::images(&rendered.bundle) {
        for name in image.into_iter().chain(chart.map(|chart| format!("chart {chart}"))) {
            found.entry(name).or_default().insert(object.clone());
        }
    }
    found.into_iter().map(|(name, objects)| json!({ "name": name, "objects": objects })).collect()
}
