//! What the platform claims, held against the manifests: the lesser of the declared state and the evidence.

use serde::Serialize;
use serde_json::Value;

use crate::group::claim::{Declared, Evidence, State};
use crate::object::object::Identity;
use crate::plan::own::Own;
use crate::plan::patches::{Change, Patch};
use crate::plan::resolve::Plan;
use crate::render::bundle::Bundle;
use crate::render::evidence::{self, Kinds, Texts};
use crate::text::finding::{Code, Finding};
use crate::text::shown::listed;
use crate::text::source::Place;
use crate::text::yaml::{Kind, Node};

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
    pub gaps: Vec<Lack>,
    /// JSON pointer in the group file.
    #[serde(skip)]
    pub pointer: String,
}

/// A piece of evidence that is not there.
#[derive(Clone, Debug, Serialize)]
#[serde(into = "String")]
pub struct Lack {
    /// In words.
    pub sentence: String,
    /// The object that was looked for: kind, namespace and name, as far as they are known.
    object: (String, Option<String>, Option<String>),
    /// What of it is not as it should be.
    pointers: Vec<String>,
}

impl From<Lack> for String {
    fn from(lack: Lack) -> Self {
        lack.sentence
    }
}

/// All claims of a plan, sorted by control; claims of groups that are off say so and no more. `foreign` are objects that
/// Argo CD would bring beside the rendered ones: they are evidence of nothing, and take down a claim that something is absent.
pub fn claims(plan: &Plan<'_>, bundle: &Bundle, foreign: &[(&Identity, &Value)]) -> Vec<Claim> {
    let texts = Texts::default();
    let ours = Kinds::of(bundle.manifests.values().map(|p| (&p.manifest.identity, &p.manifest.value)));
    let mut claims: Vec<Claim> = plan.declared.iter().map(|declared| judge(declared, &ours, foreign, &texts)).collect();
    for choice in plan.choices.values().filter(|c| !c.on) {
        claims.extend(choice.variant().text.claims.iter().filter_map(|raw| off(raw, &choice.group.name)));
    }
    claims.sort_by(|a, b| (a.state == State::Off, &a.control).cmp(&(b.state == State::Off, &b.control)));
    claims
}

/// The same claims, each lowered to a part where there is a finding that its group says undoes it.
pub fn lowered(plan: &Plan<'_>, mut claims: Vec<Claim>, findings: &[Finding]) -> Vec<Claim> {
    for claim in claims.iter_mut().filter(|c| c.state != State::Off) {
        let declared = plan.declared.iter().find(|d| d.control == claim.control && d.group == claim.group);
        let undone: Vec<&Finding> =
            findings.iter().filter(|f| declared.is_some_and(|declared| declared.is_undone_by(f))).collect();
        if !undone.is_empty() {
            claim.state = claim.state.max(State::Partial);
            let told = listed(undone.iter(), "; ", |finding| format!("{} ({})", finding.message, finding.code.name()));
            claim.detail += &format!("; undone in part: {told}");
        }
    }
    claims.sort_by(|a, b| (a.state == State::Off, &a.control).cmp(&(b.state == State::Off, &b.control)));
    claims
}

/// Claims that the manifests do not bear out. What the user's patches and objects take away is said and no more: it is theirs to
/// decide, and the claim is lower for it.
pub fn gaps(plan: &Plan<'_>, claims: &[Claim]) -> Vec<Finding> {
    let (tell, help): (fn(Code, String) -> Finding, _) = match plan.patches.is_empty() {
        true => (Finding::error, "render what it claims, or lower its state"),
        false => (Finding::warning, "a patch takes it away, and `gatewright status` shows less"),
    };
    let gaps = claims.iter().flat_map(|claim| claim.gaps.iter().map(move |gap| (claim, gap)));
    // What is said to be absent and a user brings is no loss.
    let brought = |claim: &Claim, gap: &Lack| {
        claim.state == State::Documented && plan.own.values().flatten().any(|own| opposed(own, gap).is_some())
    };
    gaps.filter(|(claim, gap)| !brought(claim, gap))
        .map(|(claim, gap)| {
            let sentence =
                format!("the claim `{}` of group `{}` lacks evidence: {}", claim.control, claim.group, gap.sentence);
            let declared = plan.choices[claim.group.as_str()].place(&claim.pointer);
            if let Some(place) = plan.own.values().flatten().find_map(|own| opposed(own, gap)) {
                let finding = Finding::warning(Code::ClaimGap, sentence).place(place).related(declared, "claimed here");
                return finding.help("what is claimed holds no more beside it, and `gatewright status` shows less");
            }
            let finding = tell(Code::ClaimGap, sentence).help(help);
            match plan.patches.objects.iter().rev().find_map(|patch| taken(patch, gap)) {
                Some(place) => finding.place(place).related(declared, "claimed here"),
                None => finding.place(declared),
            }
        })
        .collect()
}

/// The part of an object of the user's own for which a claim does not hold.
fn opposed(own: &Own, gap: &Lack) -> Option<Place> {
    let (kind, namespace, name) = &gap.object;
    let is = |wanted: &Option<String>, given: &str| wanted.as_deref() == Some(given);
    let Identity { kind: own_kind, namespace: own_namespace, name: own_name, .. } = &own.identity;
    let same = kind == own_kind && is(namespace, own_namespace) && is(name, own_name);
    let pointer = gap.pointers.iter().find(|pointer| own.node.at(pointer).is_some());
    same.then(|| own.node.place_at(pointer.map_or("/kind", String::as_str)))
}

/// The part of a patch that takes evidence away.
fn taken(patch: &Patch, gap: &Lack) -> Option<Place> {
    let (kind, namespace, name) = &gap.object;
    let fits = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|wanted| wanted == given);
    if *kind != patch.kind || !fits(namespace, &patch.namespace) || !fits(name, &patch.name) {
        return None;
    }
    let Change::Lay = patch.change else { return Some(patch.place.clone()) };
    gap.pointers.iter().find_map(|pointer| written(&patch.node, pointer)).or_else(|| {
        let deletes = patch.node.get("$patch").is_some();
        deletes.then(|| patch.node.place_at("/$patch"))
    })
}

/// Where a node has what a pointer leads to, or takes away what is above it; `*` is some item of a list.
fn written(node: &Node, pointer: &str) -> Option<Place> {
    let Some((above, below)) = pointer.split_once("/*") else {
        let ends = pointer.rmatch_indices('/').map(|(end, _)| &pointer[..end]);
        let gone = ends.filter(|above| node.at(above).is_some_and(|part| matches!(part.kind, Kind::Null)));
        let said = node.at(pointer).map(|_| pointer);
        return said.or_else(|| gone.last()).map(|pointer| node.place_at(pointer));
    };
    match &node.at(above)?.kind {
        Kind::List(items) => items.iter().find_map(|item| written(item, below)),
        Kind::Map(entries) => entries.iter().find_map(|entry| written(&entry.value, below)),
        _ => None,
    }
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

fn judge(declared: &Declared, ours: &Kinds<'_>, foreign: &[(&Identity, &Value)], texts: &Texts) -> Claim {
    let gap = |evidence: &Evidence| match evidence {
        Evidence::Absent(_) => evidence::gap(evidence, ours.asked(evidence).chain(foreign.iter().copied()), texts),
        _ => evidence::gap(evidence, ours.asked(evidence), texts),
    };
    let lack = |evidence: &Evidence| {
        let gap = gap(evidence)?;
        let (object, pointers) = match (gap.object, evidence) {
            (Some(i), _) => ((i.kind.clone(), Some(i.namespace.clone()), Some(i.name.clone())), vec![gap.pointer]),
            (None, Evidence::Present(selector)) => {
                let object = (selector.kind.clone(), selector.namespace.clone(), selector.name.clone());
                (object, evidence::unmet(selector, ours.asked(evidence), texts))
            }
            (None, _) => Default::default(),
        };
        Some(Lack { sentence: gap.sentence, object, pointers })
    };
    let gaps: Vec<Lack> = declared.evidence.iter().filter_map(lack).collect();
    let unseen: Vec<&str> = declared.evidence.iter().filter_map(|evidence| unseen(evidence, ours, texts)).collect();
    let shown = match gaps.len() {
        0 if unseen.is_empty() => declared.state,
        n if n > 0 && n < declared.evidence.len() => declared.state.max(State::Partial),
        _ => declared.state.max(State::Pending),
    };
    let mut detail = declared.detail.clone();
    if !unseen.is_empty() {
        detail += &format!(
            "; seen with {} only, and here another version runs, or one that is not known",
            unseen.join(" and ")
        );
    }
    if declared.chart {
        detail += "; declared by the chart";
    }
    if let Some(missing) = &declared.missing {
        detail += &format!("; missing: {missing}");
    }
    if let Some(settles) = &declared.settles {
        detail += &format!("; settled by: {settles}");
    }
    let (control, group, pointer) = (declared.control.clone(), declared.group.clone(), declared.pointer.clone());
    Claim { control, group, state: shown, detail, gaps, pointer }
}

/// The program and version that a run was seen with, where the bundle has another.
fn unseen<'d>(evidence: &'d Evidence, ours: &Kinds<'_>, texts: &Texts) -> Option<&'d str> {
    let mut all = ours.asked(evidence);
    match evidence {
        Evidence::Seen(seen)
            if !all.any(|(identity, value)| evidence::selects(&seen.shown, identity, value, texts)) =>
        {
            Some(&seen.with)
        }
        _ => None,
    }
}
