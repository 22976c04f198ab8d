//! The changes of a cluster -> what causes each: an input of which it is shown that without its change the object is another one.
//! Where the inputs before are not known, the lines that make the object, as recorded by [`trace`].

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::command::pipeline::{self, Rendered};
use crate::command::review::change::{Change, Kind};
use crate::command::review::flips::{self, Cause, Files, Flip, line};
use crate::command::review::objects::{Things, VALUES};
use crate::group::catalog::Catalog;
use crate::group::memo::Memo;
use crate::object::chart_values;
use crate::object::object::Identity;
use crate::plan::choice::Reason;
use crate::plan::features::Cluster;
use crate::render::trace;
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::source::{Place, Source};
use crate::text::yaml;

/// What a cluster is rendered from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What was asked for.
    pub cluster: &'a Cluster,
    /// The files of the working folder that the catalog is made of.
    pub files: &'a Files,
    /// The catalog.
    pub catalog: &'a Catalog,
    /// Its name, where it has an overlay.
    pub stem: Option<&'a str>,
    /// What was rendered with that catalog.
    pub memo: &'a Memo,
}

/// Most changes of the inputs that are each tried alone.
const TRIED: usize = 60;

/// Why each change is; a change whose causes are not known has none.
pub fn causes(
    old: Option<Inputs<'_>>,
    (new, rendered): (Inputs<'_>, &Rendered<'_>),
    before: &Things,
    changes: &[Change],
) -> Vec<BTreeSet<Cause>> {
    let mut found = match old {
        Some(old) => proved(old, (new, rendered), before, changes),
        None => vec![BTreeSet::new(); changes.len()],
    };
    for (change, causes) in changes.iter().zip(&mut found).filter(|(_, causes)| causes.is_empty()) {
        causes.extend(recorded(rendered, change));
    }
    found
}

fn proved(
    old: Inputs<'_>,
    (new, rendered): (Inputs<'_>, &Rendered<'_>),
    before: &Things,
    changes: &[Change],
) -> Vec<BTreeSet<Cause>> {
    let mut found = vec![BTreeSet::new(); changes.len()];
    let then = pipeline::render(old.catalog, old.cluster, old.memo);
    if let Ok(then) = &then {
        for (change, causes) in changes.iter().zip(&mut found) {
            if ids(change).any(|id| said(before, id) != value(then, id)) {
                causes.insert(newer());
            }
        }
    }
    let flips = flips::flips((old.cluster, old.files), (new.cluster, new.files));
    let mut unrendered = Vec::new();
    for flip in flips.iter().take(TRIED) {
        // Without this change, all else as it is now.
        let differs = with(flip, new, |without| changed(rendered, without, changes));
        match differs {
            Some(differs) => add(&mut found, &differs, flip),
            None => unrendered.push(flip),
        }
    }
    if let Ok(then) = &then {
        // With this change alone, all else as it was.
        for flip in flips::flips((new.cluster, new.files), (old.cluster, old.files)).iter().take(TRIED) {
            let open: Vec<bool> = found.iter().map(BTreeSet::is_empty).collect();
            let same = |other: &&Flip| other.cause.name == flip.cause.name && other.cause.what == flip.cause.what;
            let Some(told) = flips.iter().find(same).filter(|_| open.contains(&true)) else { continue };
            if let Some(differs) = with(flip, old, |alone| changed(then, alone, changes)) {
                let differs: Vec<bool> = differs.iter().zip(&open).map(|(differs, open)| *differs && *open).collect();
                add(&mut found, &differs, told);
            }
        }
    }
    for causes in found.iter_mut().filter(|causes| causes.is_empty()) {
        let only = flips.iter().filter(|_| flips.len() == 1);
        causes.extend(only.chain(unrendered.iter().copied()).map(|flip| flip.cause.clone()));
    }
    found
}

fn newer() -> Cause {
    let name = format!("gatewright {}", env!("CARGO_PKG_VERSION"));
    let new = String::new();
    Cause {
        what: "newer binary, or a tree that was not rendered:",
        name,
        old: String::new(),
        new,
        place: String::new(),
    }
}

fn add(found: &mut [BTreeSet<Cause>], differs: &[bool], flip: &Flip) {
    for (causes, _) in found.iter_mut().zip(differs).filter(|(_, differs)| **differs) {
        causes.insert(flip.cause.clone());
    }
}

/// What a look at the inputs with one change taken back says; none where they cannot be rendered so.
fn with<T>(flip: &Flip, inputs: Inputs<'_>, look: impl FnOnce(&Rendered<'_>) -> T) -> Option<T> {
    let (cluster, files) = flips::back(flip, inputs.cluster, inputs.files, inputs.catalog, inputs.stem)?;
    match files {
        None => Some(look(&pipeline::render(inputs.catalog, &cluster, inputs.memo).ok()?)),
        Some(files) => {
            let catalog = Catalog::new(&files).ok()?;
            Some(look(&pipeline::render(&catalog, &cluster, &Memo::default()).ok()?))
        }
    }
}

/// Which of the changed objects are others in two renderings.
fn changed(one: &Rendered<'_>, other: &Rendered<'_>, changes: &[Change]) -> Vec<bool> {
    changes.iter().map(|change| ids(change).any(|id| text(one, id) != text(other, id))).collect()
}

fn ids(change: &Change) -> impl Iterator<Item = &Identity> {
    [Some(&change.identity), change.was.as_ref()].into_iter().flatten()
}

fn text<'r>(rendered: &'r Rendered<'_>, id: &Identity) -> Option<&'r Arc<str>> {
    if id.kind == VALUES && id.group.is_empty() {
        return rendered.bundle.values.get(&chart_values::path_of(&id.name)).map(|values| &values.text);
    }
    rendered.bundle.manifests.get(id).map(|placed| &placed.manifest.text)
}

fn value(rendered: &Rendered<'_>, id: &Identity) -> Option<serde_json::Value> {
    kubeyaml::values(&Source::new("", &**text(rendered, id)?)).ok()?.into_iter().next()
}

fn said(things: &Things, id: &Identity) -> Option<serde_json::Value> {
    things.get(id).map(|thing| thing.value.clone())
}

/// A part as it is written, or its whole line where it is only a spot in one.
fn first_line(place: &Place) -> String {
    let line = || place.source.text.lines().nth(place.line_column().0 - 1).unwrap_or_default();
    let part = place.text().trim();
    if part.is_empty() { line().trim().to_owned() } else { part.to_owned() }
}

/// The lines that make an object: what the user wrote of them, else the template's.
fn recorded(rendered: &Rendered<'_>, change: &Change) -> BTreeSet<Cause> {
    let mut causes = BTreeSet::new();
    let cause = |what, name: String, place| Cause { what, name, old: String::new(), new: String::new(), place };
    if change.kind == Kind::Added
        && let Some(placed) = rendered.bundle.manifests.get(&change.identity)
        && let Some(component) = rendered.plan.components.iter().find(|c| c.name == placed.component)
        && let Some(choice) = rendered.plan.choices.get(component.group.as_str())
        && let (Reason::Flag, Some(feature)) = (&choice.reason, &choice.group.feature)
        && let Some(flag) = rendered.cluster.flags.get(feature)
    {
        return BTreeSet::from([cause("flag", format!("features.{feature}"), line(&flag.place))]);
    }
    let Some(text) = text(rendered, &change.identity).filter(|_| change.kind != Kind::Removed) else { return causes };
    let source = Source::new(format!("{}/{}", rendered.plan.cluster, change.path), &**text);
    let Some(node) = yaml::nodes(&source).ok().and_then(|nodes| nodes.into_iter().next()) else { return causes };
    let place = |pointer: &str| match node.at(pointer) {
        Some(scalar) if scalar.entries().is_empty() => scalar.place.clone(),
        _ => node.place_at(pointer),
    };
    let places: Vec<Place> = match change.fields.is_empty() {
        true => vec![place("/kind")],
        false => change.fields.iter().map(|field| place(&field.pointer)).collect(),
    };
    let asked = places.into_iter().map(|place| Finding::error(Code::StaleOutput, "").place(place)).collect();
    for traced in trace::causes(&rendered.plan, &rendered.bundle, rendered.cluster, asked) {
        let set = traced.related.iter().filter(|(_, words)| words == "set here");
        let written: Vec<Cause> =
            set.map(|(place, _)| cause("set", place.text().trim().to_owned(), line(place))).collect();
        let template = traced.place.filter(|place| place.source.name != source.name);
        match (written.is_empty(), template) {
            (true, Some(place)) => {
                let patch = place.source.name.split('/').any(|part| part == "patches");
                let (what, name) = match patch {
                    true => ("patch", place.source.name.clone()),
                    false => ("line", first_line(&place)),
                };
                causes.insert(cause(what, name, line(&place)));
            }
            _ => causes.extend(written),
        }
    }
    causes
}
