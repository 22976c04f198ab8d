//! What the platform claims, held against the manifests: the lesser of the declared state and the evidence.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::finding::{Code, Finding};
use crate::object::Identity;
use crate::plan::Plan;
use crate::render::Bundle;
use crate::template::{Context, truthy};

/// How true a claim is; later is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is there, all of it.
    Implemented,
    /// A part is there.
    Partial,
    /// It is there and not proved, or not there yet.
    Pending,
    /// It is described and absent.
    Documented,
    /// Its group is off.
    Off,
}

/// One line of the table of claims.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    /// What the platform does.
    pub control: String,
    /// The group that claims it.
    pub group: String,
    /// The lesser of what is declared and what the evidence shows.
    pub state: State,
    /// What exactly, with what is missing or what would settle it.
    pub detail: String,
    /// Evidence that is not in the bundle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// JSON pointer in the group file.
    #[serde(skip)]
    pub pointer: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    control: String,
    state: State,
    detail: String,
    missing: Option<String>,
    settles: Option<String>,
    #[serde(default)]
    chart: bool,
    #[serde(default)]
    evidence: Vec<Evidence>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Evidence {
    Present(Selector),
    Absent(Selector),
}

/// Which manifests: all given fields must agree.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Selector {
    kind: String,
    group: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    #[serde(rename = "where", default)]
    conditions: Map<String, Value>,
}

/// All claims of a plan, sorted by control; claims of groups that are off say so and no more.
///
/// # Errors
/// Claims that do not follow docs/groups.md.
pub fn claims(plan: &Plan<'_>, bundle: &Bundle) -> Result<Vec<Claim>, Vec<Finding>> {
    let (mut claims, mut findings): (Vec<Claim>, Vec<Finding>) = (Vec::new(), Vec::new());
    for choice in plan.choices.values() {
        let group = choice.group.name.as_str();
        let context = plan.contexts.get(group).map(Context::new);
        for (i, raw) in choice.variant().text.claims.iter().enumerate() {
            let Some(context) = &context else {
                claims.extend(off(raw, group));
                continue;
            };
            let pointer = format!("/claims/{i}");
            match declared(plan, raw, context) {
                Ok(Some(declared)) => claims.push(Claim { pointer, ..judge(declared, group, bundle) }),
                Ok(None) => {}
                Err((inner, sentence)) => {
                    let place = choice.place(&format!("{pointer}{inner}"));
                    findings.push(Finding::error(Code::GroupFile, sentence).place(place));
                }
            }
        }
    }
    claims.sort_by(|a, b| (a.state == State::Off, &a.control).cmp(&(b.state == State::Off, &b.control)));
    if findings.is_empty() { Ok(claims) } else { Err(findings) }
}

/// Claims that the manifests do not bear out.
pub fn gaps(plan: &Plan<'_>, claims: &[Claim]) -> Vec<Finding> {
    let gaps = claims.iter().flat_map(|claim| claim.gaps.iter().map(move |gap| (claim, gap)));
    gaps.map(|(claim, gap)| {
        Finding::error(
            Code::ClaimGap,
            format!("the claim `{}` of group `{}` lacks evidence: {gap}", claim.control, claim.group),
        )
        .place(plan.choices[claim.group.as_str()].place(&claim.pointer))
        .help("render what it claims, or lower its state")
    })
    .collect()
}

fn off(raw: &Value, group: &str) -> Option<Claim> {
    // A claim that exists only under a condition says nothing about a group that is off.
    let control = raw["control"].as_str().filter(|_| raw.get("when").is_none())?;
    let detail = format!("the group {group} is off");
    Some(Claim {
        control: control.to_owned(),
        group: group.to_owned(),
        state: State::Off,
        detail,
        gaps: Vec::new(),
        pointer: String::new(),
    })
}

fn declared(plan: &Plan<'_>, raw: &Value, context: &Context) -> Result<Option<Declared>, (String, String)> {
    let templates = &plan.catalog.templates;
    if let Some(when) = raw.get("when").and_then(Value::as_str) {
        let holds = templates.eval(when, context).map_err(|e| ("/when".to_owned(), e))?;
        if !truthy(&holds) {
            return Ok(None);
        }
    }
    let mut filled = templates.fill(raw, context)?;
    filled.as_object_mut().map(|map| map.shift_remove("when"));
    let declared: Declared = serde_json::from_value(filled).map_err(|e| (String::new(), e.to_string()))?;
    let lacks = |what: &str| {
        Err((
            String::new(),
            format!("the claim `{}` is {:?} and has no {what}", declared.control, declared.state).to_lowercase(),
        ))
    };
    match declared.state {
        State::Partial if declared.missing.is_none() => lacks("`missing`"),
        State::Pending if declared.settles.is_none() => lacks("`settles`"),
        State::Documented if !declared.evidence.iter().any(|e| matches!(e, Evidence::Absent(_))) => {
            lacks("evidence that it is absent")
        }
        State::Off => lacks("state; `off` is not declared"),
        _ => Ok(Some(declared)),
    }
}

fn judge(declared: Declared, group: &str, bundle: &Bundle) -> Claim {
    let gaps: Vec<String> = declared.evidence.iter().filter_map(|evidence| gap(evidence, bundle)).collect();
    let shown = match gaps.len() {
        0 => declared.state,
        n if n < declared.evidence.len() => declared.state.max(State::Partial),
        _ => declared.state.max(State::Pending),
    };
    let mut detail = declared.detail;
    if declared.chart {
        detail += "; declared by the chart";
    }
    if let Some(missing) = declared.missing {
        detail += &format!("; missing: {missing}");
    }
    if let Some(settles) = declared.settles {
        detail += &format!("; settled by: {settles}");
    }
    Claim { control: declared.control, group: group.to_owned(), state: shown, detail, gaps, pointer: String::new() }
}

fn gap(evidence: &Evidence, bundle: &Bundle) -> Option<String> {
    let found = |selector: &Selector| {
        bundle.manifests.values().any(|p| selects(selector, &p.manifest.identity, &p.manifest.value))
    };
    match evidence {
        Evidence::Present(selector) if !found(selector) => Some(format!("no {} in the manifests", describe(selector))),
        Evidence::Absent(selector) if found(selector) => Some(format!("there is a {}", describe(selector))),
        _ => None,
    }
}

fn selects(selector: &Selector, identity: &Identity, value: &Value) -> bool {
    let agrees = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|w| w == given);
    selector.kind == identity.kind
        && agrees(&selector.group, &identity.group)
        && agrees(&selector.namespace, &identity.namespace)
        && agrees(&selector.name, &identity.name)
        && selector.conditions.iter().all(|(pointer, wanted)| match value.pointer(pointer) {
            Some(found) => wanted == "*" || wanted == found,
            None => false,
        })
}

fn describe(selector: &Selector) -> String {
    let mut words = selector.kind.clone();
    if let Some(name) = &selector.name {
        words += &format!(" {name}");
    }
    if let Some(namespace) = &selector.namespace {
        words += &format!(" in {namespace}");
    }
    for (pointer, wanted) in &selector.conditions {
        words += &match wanted.as_str() {
            Some("*") => format!(" with {pointer}"),
            _ => format!(" with {pointer} = {wanted}"),
        };
    }
    words
}
