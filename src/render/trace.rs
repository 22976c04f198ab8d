//! Findings about rendered objects -> the same at the lines that cause them, and beside them what the user wrote. Nothing of it is carried
//! along: a template is filled again, with marks, when there is something to say about it, once for all findings. Knows no rule.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use crate::group::catalog::SECRET_TEMPLATE;
use crate::group::template::pick;
use crate::object::object::Identity;
use crate::plan::features::Cluster;
use crate::plan::origin::From;
use crate::plan::patches::Values;
use crate::plan::resolve::Plan;
use crate::render::bundle::{self, Bundle};
use crate::render::manifest::{ChartValues, Layer, Placed};
use crate::render::said::{self, Said};
use crate::text::finding::Finding;
use crate::text::part_at::{Block, part_at, same_line, text_around};
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Node};

/// A line that somebody wrote, and the part below the value that it yields.
struct Spot<'a> {
    /// The group whose settings its expressions mean.
    group: &'a str,
    place: Place,
    /// The dotted paths that it names.
    names: BTreeSet<String>,
    /// JSON pointer below its value.
    rest: String,
    /// The key of that part as rendered, and its value; a part of a template's line has one.
    said: Option<(String, &'a Value)>,
}

/// Findings in files of the bundle, moved to what causes them; each keeps the rendered place as a related one.
pub fn causes(plan: &Plan<'_>, bundle: &Bundle, cluster: &Cluster, findings: Vec<Finding>) -> Vec<Finding> {
    if findings.is_empty() {
        return findings;
    }
    let folder = format!("{}/", plan.cluster);
    let files: BTreeMap<String, &Placed> =
        bundle.manifests.values().map(|placed| (format!("{folder}{}", placed.path), placed)).collect();
    let (memo, said) = (Memo::default(), Said::of(cluster));
    let spots = |place: &Place| match files.get(&place.source.name) {
        Some(placed) => spots(plan, &memo, placed, place),
        None => in_chart(plan, &memo, bundle.values.get(place.source.name.strip_prefix(&folder)?)?, place),
    };
    let one = |finding: Finding| {
        let Some(rendered) = &finding.place else { return finding };
        let Some(trail) = spots(rendered) else { return finding };
        let start = trail.last().expect("a trail has a start");
        let laid = files.get(&rendered.source.name).filter(|_| !start.group.is_empty());
        let set: Vec<_> = trail.iter().flat_map(|spot| settings(plan, &said, spot)).collect();
        let mut related = vec![(rendered.clone(), "as rendered".to_owned())];
        let bent = laid.zip(memo.pointer(rendered)).and_then(|(placed, (pointer, _))| {
            let taken = || placed.manifest.taken_beside(&pointer, &finding.message).filter(|_| set.is_empty());
            placed.manifest.laid_below(&pointer).or_else(|| {
                taken().inspect(|_| related.push((start.place.clone(), "what is left needs it".to_owned())))
            })
        });
        let cause = bent.unwrap_or_else(|| start.place.clone());
        related.extend(set);
        let moved = finding.related.iter().map(|(place, words)| match spots(place).and_then(|mut trail| trail.pop()) {
            Some(spot) => (spot.place, words.clone()),
            None => (place.clone(), words.clone()),
        });
        related.extend(moved);
        Finding { place: Some(cause), related, ..finding }
    };
    findings.into_iter().map(one).collect()
}

/// A line on the way from what is rendered to what causes it.
#[derive(Debug)]
pub struct Cause {
    /// The line.
    pub place: Place,
    /// The group whose settings its expressions mean; empty for what the user wrote.
    pub group: String,
    /// The dotted paths that it names.
    pub names: BTreeSet<String>,
}

/// The way from a place in a file of the cluster's folder to its causes, the nearest first; none where it leads nowhere.
pub fn trail(plan: &Plan<'_>, bundle: &Bundle, rendered: &Place) -> Option<Vec<Cause>> {
    let path = rendered.source.name.strip_prefix(&format!("{}/", plan.cluster))?;
    let memo = Memo::default();
    let spots = match bundle.manifests.values().find(|placed| placed.path == path) {
        Some(placed) => spots(plan, &memo, placed, rendered),
        None => in_chart(plan, &memo, bundle.values.get(path)?, rendered),
    };
    let cause = |spot: Spot<'_>| Cause { place: spot.place, group: spot.group.to_owned(), names: spot.names };
    Some(spots?.into_iter().map(cause).collect())
}

/// The place of a line, and the names in it.
type Line = (Place, BTreeSet<String>);

/// Answers by question.
type Known<K, V> = RefCell<BTreeMap<K, V>>;

/// The objects of a template, filled with marks.
type Objects = BTreeMap<Identity, Rc<Filled>>;

/// What was found out for one finding and is the same for others.
#[derive(Default)]
struct Memo {
    /// Texts of templates filled with marks, as read, by the component and the template.
    objects: Known<(String, String), Objects>,
    /// The same of documents, by the group and the template.
    filled: Known<(String, String), Option<Rc<Filled>>>,
    /// Rendered files, as read.
    read: Known<String, Option<Rc<Node>>>,
    /// Texts in them that hold YAML, as read, by the file and where they start.
    blocks: Known<(String, usize), Option<Rc<Block>>>,
    /// The place and the names of a line of a template.
    lines: Known<(String, usize), Option<Line>>,
    /// The names in a text.
    names: Known<String, BTreeSet<String>>,
}

/// A value that a template yields, and the lines of the template, as [`crate::group::template::Templates::traced`] tells them.
struct Filled {
    group: String,
    template: String,
    value: Node,
    lines: Vec<usize>,
}

impl Memo {
    fn filled(&self, key: (&str, &str), make: impl FnOnce() -> Option<Filled>) -> Option<Rc<Filled>> {
        let key = (key.0.to_owned(), key.1.to_owned());
        if let Some(known) = self.filled.borrow().get(&key) {
            return known.clone();
        }
        let made = make().map(Rc::new);
        self.filled.borrow_mut().insert(key, made.clone());
        made
    }

    /// The pointer to a place of a rendered file, and for a place amid a text the one in what the text says.
    fn pointer(&self, place: &Place) -> Option<(String, Option<String>)> {
        let mut read = self.read.borrow_mut();
        let first = || yaml::nodes(&place.source).ok()?.into_iter().next().map(Rc::new);
        let node = read.entry(place.source.name.clone()).or_insert_with(first).clone()?;
        if let Some(pointer) = part_at(&node, place) {
            return Some((pointer, None));
        }
        let (pointer, text) = text_around(&node, place)?;
        // Readers differ in where a block ends.
        if text.place.start == place.start {
            return Some((pointer, None));
        }
        let mut blocks = self.blocks.borrow_mut();
        let block = blocks.entry((place.source.name.clone(), text.place.start));
        let block = block.or_insert_with(|| Block::of(text).map(Rc::new)).as_ref();
        // A text that is no YAML has no parts: the place is somewhere in it.
        let inside = block.and_then(|block| block.part_at(place)).unwrap_or_default();
        Some((pointer, Some(inside)))
    }

    fn names(&self, plan: &Plan<'_>, text: &str) -> BTreeSet<String> {
        let mut all = self.names.borrow_mut();
        all.entry(text.to_owned()).or_insert_with(|| plan.catalog.templates.names(text)).clone()
    }
}

/// The way from a part of a rendered file to its cause: the template's line, the group's, that of a document's template.
fn spots<'a>(plan: &'a Plan<'_>, memo: &Memo, placed: &'a Placed, rendered: &Place) -> Option<Vec<Spot<'a>>> {
    let (mut pointer, inside) = memo.pointer(rendered)?;
    for Layer { node, origin } in placed.manifest.layers.iter().rev().map(AsRef::as_ref) {
        match origin.of(&pointer) {
            From::Patch(from) => return Some(vec![in_file(node, &from, rendered, &inside)]),
            From::Before(before) => pointer = before,
        }
    }
    let component = plan.components.iter().find(|c| c.name == placed.component)?;
    if let Some(own) = bundle::written(plan, component, &placed.manifest) {
        return Some(vec![in_file(&own.node, &pointer, rendered, &inside)]);
    }
    let mut template = in_template(plan, memo, placed, &pointer)?;
    template.rest += inside.as_deref().unwrap_or_default();
    template.said = said::entry(&placed.manifest.value, &pointer);
    let group = in_secrets(plan, memo, placed, &template).or_else(|| in_component(plan, memo, placed, &template));
    let mut trail: Vec<Spot<'a>> = [template].into_iter().chain(group).collect();
    in_documents(plan, memo, &mut trail);
    Some(trail)
}

/// A part of a patch, or of an object of the user's own: what it says is the cause, and nothing beside it.
fn in_file<'a>(written: &Node, pointer: &str, rendered: &Place, inside: &Option<String>) -> Spot<'a> {
    let text = inside.as_ref().and_then(|_| written.at(pointer));
    let place = text.and_then(|text| same_line(text, rendered));
    let place = place.unwrap_or_else(|| written.place_at(pointer));
    Spot { group: "", place, names: BTreeSet::new(), rest: String::new(), said: None }
}

/// The line of the template that renders a part of an object.
fn in_template<'a>(plan: &'a Plan<'_>, memo: &Memo, placed: &Placed, pointer: &str) -> Option<Spot<'a>> {
    let (component, template) = (&placed.component, &placed.manifest.template);
    let filled = {
        let mut all = memo.objects.borrow_mut();
        let objects = all.entry((component.clone(), template.clone()));
        let objects = objects.or_insert_with(|| objects_of(plan, component, template));
        objects.get(&placed.manifest.identity).cloned()
    };
    spot(plan, memo, &*filled?, pointer)
}

/// The objects of a template of a component, filled as they were.
fn objects_of(plan: &Plan<'_>, component: &str, template: &str) -> Objects {
    let mut objects = Objects::new();
    let Some(component) = plan.components.iter().find(|c| c.name == component) else { return objects };
    for job in bundle::jobs(plan, component).into_iter().filter(|job| job.template == template) {
        let Some((text, lines)) = plan.catalog.templates.traced(template, &job.context) else { continue };
        // `split` drops the separators: one line each, and the one that a text may start with.
        let mut first = usize::from(text.starts_with("---\n"));
        for document in bundle::split(&text) {
            let Ok(nodes) = yaml::nodes(&Source::new(template, document)) else { break };
            let past = first + document.matches('\n').count() + 1;
            if let Some(value) = nodes.into_iter().next()
                && let Ok(identity) = Identity::of(&value.to_value())
            {
                let (group, template) = (component.group.clone(), template.to_owned());
                let lines = lines[first..past.min(lines.len())].to_vec();
                objects.entry(identity).or_insert_with(|| Rc::new(Filled { group, template, value, lines }));
            }
            first = past + 1;
        }
    }
    objects
}

/// The line of a template that yields a part of a value.
fn spot<'a>(plan: &'a Plan<'_>, memo: &Memo, filled: &Filled, pointer: &str) -> Option<Spot<'a>> {
    let line_of = |pointer: &str| filled.value.place_at(pointer).line_column().0 - 1;
    let at = line_of(pointer);
    // The topmost part on the same line is what the line yields.
    let ends = pointer.match_indices('/').map(|(i, _)| i).skip(1).chain([pointer.len()]);
    let whole = ends.into_iter().find(|end| line_of(&pointer[..*end]) == at)?;
    let line = *filled.lines.get(at)?;
    let key = (filled.template.clone(), line);
    let made = || line_of_template(plan, &filled.template, line);
    let (place, names) = memo.lines.borrow_mut().entry(key).or_insert_with(made).clone()?;
    let (group, _) = plan.choices.get_key_value(filled.group.as_str())?;
    Some(Spot { group, place, names, rest: pointer[whole..].to_owned(), said: None })
}

/// A line of a template without its indentation, and the dotted paths that it names.
fn line_of_template(plan: &Plan<'_>, template: &str, line: usize) -> Option<(Place, BTreeSet<String>)> {
    let source = plan.catalog.templates.source(template)?;
    let text = source.text.lines().nth(line)?;
    let start = source.offset(line + 1, 1);
    let place = Place::new(source, start + text.len() - text.trim_start().len(), start + text.trim_end().len());
    Some((place, names(plan, source, line)))
}

/// The dotted paths that a line of a template names; those of a loop or a variable are its list or its value.
fn names(plan: &Plan<'_>, source: &Arc<Source>, line: usize) -> BTreeSet<String> {
    let lines: Vec<&str> = source.text.lines().take(line + 1).collect();
    let Some((text, above)) = lines.split_last() else { return BTreeSet::new() };
    // An expression may go on over several lines.
    let opens = |text: &str| text.rfind("{{").is_some_and(|at| !text[at..].contains("}}"));
    let rest = source.text.lines().skip(line + 1).take_while(|_| opens(text));
    let ends = rest.clone().position(|text| text.contains("}}")).map_or(0, |at| at + 1);
    let whole = [*text].into_iter().chain(rest.take(ends)).collect::<Vec<_>>().join("\n");
    let mut names = plan.catalog.templates.names(&whole);
    for tag in above.iter().rev().filter_map(|l| l.trim().strip_prefix("{%")?.strip_suffix("%}")) {
        let (keyword, tag) = tag.trim().split_once(' ').unwrap_or_default();
        let parts = match keyword {
            "for" => tag.split_once(" in "),
            "set" => tag.split_once(" = "),
            _ => None,
        };
        let Some((bound, expression)) = parts else { continue };
        let bound: Vec<&str> = bound.split(',').map(str::trim).collect();
        if names.iter().any(|name| bound.contains(&name.split('.').next().unwrap_or_default())) {
            let list = expression.split(" if ").next().unwrap_or_default();
            names.extend(plan.catalog.templates.names(&format!("{{{{ {list} }}}}")));
        }
    }
    names
}

/// The values of a chart stand in the group file.
fn in_chart<'a>(plan: &'a Plan<'_>, memo: &Memo, values: &ChartValues, rendered: &Place) -> Option<Vec<Spot<'a>>> {
    let (mut pointer, inside) = memo.pointer(rendered)?;
    for Values { node, origin } in plan.patches.values.get(&values.component).into_iter().flatten().rev() {
        match origin.of(&pointer) {
            From::Patch(from) => return Some(vec![in_file(node, &from, rendered, &inside)]),
            From::Before(before) => pointer = before,
        }
    }
    let component = plan.components.iter().find(|c| c.name == values.component)?;
    let under = format!("/components/{}/chart/values", component.entry);
    let mut trail = vec![in_group(plan, memo, &component.group, &under, &pointer)?];
    in_documents(plan, memo, &mut trail);
    Some(trail)
}

/// Where a chart or a folder comes from stands in the group file as well.
fn in_component<'a>(plan: &'a Plan<'_>, memo: &Memo, placed: &Placed, line: &Spot<'_>) -> Option<Spot<'a>> {
    let part = |name: &str| {
        let (at, _) = [".chart.", ".git."].iter().find_map(|key| name.match_indices(*key).next())?;
        Some(name[at..].replace('.', "/"))
    };
    let part = line.names.iter().find_map(|name| part(name))?;
    let name = placed.manifest.value.pointer("/metadata/labels/app.kubernetes.io~1name")?;
    let component = plan.components.iter().find(|c| name == &c.name)?;
    let spot = in_group(plan, memo, &component.group, &format!("/components/{}{part}", component.entry), &line.rest);
    spot.filter(|spot| spot.place.start > 0) // else no file says it
}

/// What is said about a Secret stands in the group file; what its template says of all of them, in the template.
fn in_secrets<'a>(plan: &'a Plan<'_>, memo: &Memo, placed: &Placed, line: &Spot<'_>) -> Option<Spot<'a>> {
    let identity = &placed.manifest.identity;
    let said = placed.manifest.template == SECRET_TEMPLATE && !line.names.is_empty();
    let is = |name: &str, namespace: &str| *name == identity.name && *namespace == identity.namespace;
    let secret = plan.secrets.iter().find(|s| said && is(&s.name, &s.namespace))?;
    in_group(plan, memo, &secret.group, &secret.pointer, "")
}

/// A part of a group file, as deep as it is written out.
fn in_group<'a>(plan: &Plan<'_>, memo: &Memo, group: &'a str, pointer: &str, rest: &str) -> Option<Spot<'a>> {
    let choice = plan.choices.get(group)?;
    let (own, provider) = (choice.group, choice.provider);
    let ends = rest.match_indices('/').map(|(i, _)| i).chain([rest.len()]);
    let written = ends.into_iter().find_map(|end| {
        let text = own.text(provider, &format!("{pointer}{}", &rest[..end]))?;
        Some((memo.names(plan, text), rest[end..].to_owned()))
    });
    let (names, below) = written.unwrap_or_default();
    // An expression yields all that lies below it.
    let deepest = &rest[..rest.len() - below.len()];
    Some(Spot { group, place: own.place(provider, &format!("{pointer}{deepest}")), names, rest: below, said: None })
}

/// Values that templates of their own build, each in the one before; a document uses only those before it.
fn in_documents<'a>(plan: &'a Plan<'_>, memo: &Memo, trail: &mut Vec<Spot<'a>>) {
    while let Some(document) = trail.last().and_then(|spot| in_document(plan, memo, spot)) {
        trail.push(document);
    }
}

/// A value that a template of its own builds.
fn in_document<'a>(plan: &'a Plan<'_>, memo: &Memo, spot: &Spot<'a>) -> Option<Spot<'a>> {
    let documents = &plan.choices.get(spot.group)?.variant().text.documents;
    let name = spot.names.iter().find_map(|name| name.strip_prefix("documents."))?;
    let document = documents.get(name.split('.').next()?).filter(|document| document.each.is_none())?;
    let template = format!("templates/{}", document.template);
    let filled = memo.filled((spot.group, &template), || {
        let templates = &plan.catalog.templates;
        let context = pick(plan.scopes[spot.group].value(), templates.inputs(&template));
        let (text, lines) = templates.traced(&template, &context)?;
        let value = yaml::nodes(&Source::new(template.as_str(), text)).ok()?.into_iter().next()?;
        Some(Filled { group: spot.group.to_owned(), template: template.clone(), value, lines })
    })?;
    // It may be an item of what the line says.
    let mut ends = spot.rest.match_indices('/').map(|(at, _)| &spot.rest[at..]);
    let inner = self::spot(plan, memo, &filled, ends.find(|end| filled.value.at(end).is_some()).unwrap_or(&spot.rest))?;
    Some(Spot { said: spot.said.clone(), ..inner })
}

/// What the user wrote of the settings and the platform that a line names. Where a line is for one of many of them, those that
/// say what is rendered.
fn settings(plan: &Plan<'_>, said: &Said<'_>, spot: &Spot<'_>) -> Vec<(Place, String)> {
    let documents = plan.choices.get(spot.group).map(|choice| &choice.variant().text.documents);
    let each = |name: &str| documents.and_then(|d| d.get(name)).is_some_and(|document| document.each.is_some());
    let mut found: Vec<Place> = Vec::new();
    for name in &spot.names {
        let (pointer, whole) = match name.split_once('.') {
            Some(("settings", path)) => (format!("/settings/{}/{}", spot.group, path.replace('.', "/")), true),
            Some(("platform", path)) => (format!("/platform/{}", path.replace('.', "/")), true),
            Some(("documents", path)) if each(path.split('.').next().unwrap_or_default()) => {
                (format!("/settings/{}", spot.group), false)
            }
            _ => continue,
        };
        found.extend(said.places(&pointer, &spot.rest, whole, spot.said.as_ref()));
    }
    found.into_iter().map(|place| (place, "set here".to_owned())).collect()
}
