//! A page that the user wrote in `rules/` -> its code and rules, with all that is wrong with it: keys, expressions, examples.

use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use serde_json::{Value, json};

use crate::group::rule::{Around, Of, Rule, RuleText, merged};
use crate::object::litellm_config;
use crate::object::object::{Identity, Object};
use crate::text::fences::blocks;
use crate::text::finding::{Code, Finding, Own};
use crate::text::kubeyaml;
use crate::text::schema::{Schema, did_you_mean, is_dns_label};
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Node};
use crate::verdict::builtin;

/// A page that was read.
#[derive(Debug)]
pub struct Page {
    /// The finding it is about.
    pub code: Code,
    /// All of it.
    pub text: String,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// Longest page with rules, in bytes: each rule is tried on each example.
pub const MAX_PAGE: usize = 60_000;

/// The schema of a `rule` block; `each` has the same keys.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let source = Source::new("schemas/rule.yaml", include_str!("../../schemas/rule.yaml"));
    let mut schema = kubeyaml::values(&source).expect("the built-in schema is YAML").remove(0);
    let item = json!({ "type": "object", "properties": schema["properties"] });
    let description = "Several rules, of which each has what stands beside it too";
    schema["properties"]["each"] = json!({ "type": "array", "items": item, "description": description });
    Schema::new(&schema).expect("the built-in schema is a schema")
});

/// The schema of a `rule` block, for editors.
pub fn schema() -> &'static Value {
    &SCHEMA.json
}

/// Reads a page; none for a text in that folder that is none, such as a README. `ours` is the page that it replaces.
///
/// # Errors
/// All that is wrong with it.
pub fn read(source: &Arc<Source>, ours: Option<&str>) -> Result<Option<Page>, Vec<Finding>> {
    let text = source.text.as_str();
    let name = source.name.trim_start_matches("rules/").trim_end_matches(".md");
    let fences = blocks(text, "rule");
    // A copy of ours begins with a comment that says so.
    let head = text.lines().find(|line| !line.starts_with("<!--"));
    let is_page = head == Some(&format!("# {name}"));
    let say = |place: Place, message: String, help: &str| {
        vec![Finding::error(Code::RulePage, message).place(place).help(help)]
    };
    let first_line = Place::new(source, 0, text.find('\n').unwrap_or(text.len()));
    match (is_page, fences.is_empty()) {
        (false, true) => return Ok(None),
        (false, false) => {
            let message = format!("the page does not start with `# {name}`");
            return Err(say(
                first_line,
                message,
                "the first line has the name of the file, which is the code of its findings",
            ));
        }
        (true, true) if Code::named(name).is_none() => {
            let message = format!("the page of `{name}` has no block `rule`");
            return Err(say(
                first_line,
                message,
                "write one between lines of ```rule and ```; docs/rules.md is the language",
            ));
        }
        _ if text.len() > MAX_PAGE => {
            let message = format!("the page has {} bytes; {MAX_PAGE} are the most", text.len());
            return Err(say(first_line, message, "a page is about one finding: write a page for each"));
        }
        _ if !is_dns_label(name) => {
            return Err(say(
                first_line,
                format!("`{name}` is no code"),
                "a code has lower-case letters, digits and dashes",
            ));
        }
        _ => {}
    }
    let summary = text.split("\n\n").nth(1).unwrap_or_default().replace('\n', " ");
    let own = || Own { name: name.to_owned(), summary, page: text.to_owned() }.code();
    let code = Code::named(name).unwrap_or_else(own);
    let (mut rules, mut findings) = (Vec::new(), Vec::new());
    for fence in fences {
        match of_block(source, &fence, code) {
            // What stands in our page of that name as it is has its tests there.
            Ok(read) if ours.is_some_and(|ours| ours.contains(&text[fence.clone()])) => {
                rules.extend(read.into_iter().map(|rule| (rule.of_ours(), true)));
            }
            Ok(read) => rules.extend(read.into_iter().map(|rule| (rule, false))),
            Err(found) => findings.extend(found),
        }
    }
    if findings.is_empty() && !rules.is_empty() {
        findings = examples(source, &rules);
    }
    let rules = rules.into_iter().map(|(rule, _)| rule).collect();
    if findings.is_empty() { Ok(Some(Page { code, text: text.to_owned(), rules })) } else { Err(findings) }
}

/// The rules of a block.
fn of_block(source: &Arc<Source>, fence: &Range<usize>, code: Code) -> Result<Vec<Rule>, Vec<Finding>> {
    // The page without all that stands around the block: what is read in it has its place in the page.
    let blank = |text: &str| text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect::<String>();
    let alone = blank(&source.text[..fence.start]) + &source.text[fence.clone()];
    let node =
        yaml::read(&Source::new(source.name.as_str(), alone)).map_err(|finding| vec![in_page(source, finding)])?;
    let findings = SCHEMA.findings(&node, "rule");
    if !findings.is_empty() {
        return Err(findings.into_iter().map(|finding| in_page(source, finding)).collect());
    }
    let (mut rules, mut findings) = (Vec::new(), Vec::new());
    for (i, value) in merged(node.to_value()).into_iter().enumerate() {
        // A key of an item of `each`, or the one beside it.
        let place = |key: &str| {
            let item = format!("/each/{i}");
            let own = format!("{item}/{key}");
            let pointer = match () {
                () if node.at(&own).is_some() => own,
                () if node.at(&format!("/{key}")).is_some() => format!("/{key}"),
                () => item,
            };
            in_page_place(source, value_place(&node, &pointer))
        };
        match rule(code, value, place("holds")) {
            Err((key, why)) => findings.push(Finding::error(Code::RulePage, why).place(place(key))),
            Ok(rule) => match rule.fault() {
                Some((key, why)) => {
                    // The parser of CEL counts in the expression alone.
                    let why =
                        why.strip_prefix("ERROR: <input>:").and_then(|rest| rest.splitn(3, ':').nth(2)).unwrap_or(why);
                    let finding = Finding::error(Code::RulePage, format!("`{key}` is no CEL: {}", why.trim()));
                    findings.push(
                        finding
                            .place(place(key))
                            .help("docs/rules.md has the names and functions of CEL that are there"),
                    );
                }
                None => rules.push(rule),
            },
        }
    }
    if findings.is_empty() { Ok(rules) } else { Err(findings) }
}

/// A rule of one value, where it says all that a rule must.
fn rule(code: Code, value: Value, place: Place) -> Result<Rule, (&'static str, String)> {
    for key in ["of", "severity", "message", "help"] {
        if value.get(key).is_none() {
            return Err((key, format!("a rule needs `{key}`")));
        }
    }
    let has = |key: &str| value.get(key).is_some();
    match (has("holds"), has("unique")) {
        (true, true) => return Err(("unique", "a rule has either `holds` or `unique`".into())),
        (false, false) if !has("at") && !has("when") => {
            return Err((
                "holds",
                "a rule needs `holds`, or `unique`, or says by `at` or `when` what should not be".into(),
            ));
        }
        _ => {}
    }
    let text: RuleText = serde_json::from_value(value).map_err(|e| ("", e.to_string()))?;
    for pattern in text.at.all() {
        if !pattern.is_empty() && !pattern.starts_with('/') {
            return Err(("at", format!("`{pattern}` is no JSON pointer, which starts with `/`")));
        }
    }
    let rule = Rule::new(code, text, Some(place));
    match rule.of.iter().find_map(no_kind) {
        Some(why) => Err(("of", why)),
        None => Ok(rule),
    }
}

/// A kind that an API server would have, if there were one.
fn no_kind(of: &Of) -> Option<String> {
    let Of::Kind(group, kind) = of else { return None };
    let known = builtin::kinds(group);
    if known.is_empty() || known.contains(&kind.as_str()) {
        return None;
    }
    let hint = match builtin::elsewhere(group, kind).first() {
        Some(other) => format!("write `{kind}.{}`", other.group),
        None => did_you_mean(kind, &known),
    };
    let group = if group.is_empty() { "core" } else { group };
    Some(format!("the API group `{group}` has no kind `{kind}`; {hint}"))
}

/// What the examples of a page say of its rules: `before` earns each that is not tested elsewhere, `after` none.
fn examples(source: &Arc<Source>, rules: &[(Rule, bool)]) -> Vec<Finding> {
    let whole = Place::new(source, 0, source.text.find('\n').unwrap_or(source.text.len()));
    let mut findings = Vec::new();
    let mut say = |place: Place, message: String| findings.push(Finding::error(Code::RulePage, message).place(place));
    let platform = blocks(&source.text, "yaml platform").first().and_then(|range| objects(source, range).ok()?.pop());
    let around = Around { platform: platform.as_ref(), running: &|_| None };
    let mut earned: Vec<bool> = rules.iter().map(|(_, tested)| *tested).collect();
    for (info, is_bad) in [("yaml before", true), ("yaml after", false)] {
        let ranges = blocks(&source.text, info);
        if ranges.is_empty() {
            say(whole.clone(), format!("the page has no block `{info}`"));
        }
        for range in ranges {
            let values = match objects(source, &range) {
                Ok(values) => values,
                Err(finding) => return vec![finding],
            };
            for (rule, earned) in rules.iter().zip(&mut earned) {
                let hits: Vec<Finding> = values.iter().flat_map(|value| of_value(&rule.0, value, &around)).collect();
                *earned |= is_bad && !hits.is_empty();
                if let Some(hit) = hits.into_iter().find(|hit| !is_bad || hit.code == Code::RulePage) {
                    say(
                        Place::new(source, range.start, range.start),
                        format!("the example `{info}` earns: {}", hit.message),
                    );
                }
            }
        }
    }
    if !findings.is_empty() {
        return findings;
    }
    for ((rule, _), _) in rules.iter().zip(&earned).filter(|(_, earned)| !**earned) {
        let message = "no example `yaml before` earns this rule".to_owned();
        findings.push(Finding::error(Code::RulePage, message).place(rule.place().unwrap_or(&whole).clone()));
    }
    findings
}

/// The objects of an example.
fn objects(source: &Arc<Source>, range: &Range<usize>) -> Result<Vec<Value>, Finding> {
    let text = &source.text[range.clone()];
    let read = |part: Range<usize>| kubeyaml::read_one(source, range.start + part.start..range.start + part.end);
    let values: Result<Vec<_>, Finding> = kubeyaml::documents(text).into_iter().map(read).collect();
    Ok(values?.into_iter().flatten().collect())
}

fn of_value(rule: &Rule, value: &Value, around: &Around<'_>) -> Vec<Finding> {
    let Ok(identity) = Identity::of(value) else { return Vec::new() };
    let made = OnceLock::new();
    let object = Object { made: Some(&made), ..Object::alone(&identity, value) };
    let mut found = Vec::new();
    for template in rule.templates(&identity.group, &identity.kind) {
        rule.look(&object, template, around, &mut found);
    }
    if rule.of.contains(&Of::Config) {
        let configs = litellm_config::of_object(&object).into_iter().flatten();
        configs.for_each(|config| rule.look_at_config(&config.part, around, &mut found));
    }
    found
}

/// The place of a value, or of its key where it is a map or list.
fn value_place(node: &Node, pointer: &str) -> Place {
    match node.at(pointer) {
        Some(value) if value.entries().is_empty() => value.place.clone(),
        _ => node.place_at(pointer),
    }
}

fn in_page_place(source: &Arc<Source>, place: Place) -> Place {
    Place::new(source, place.start, place.end)
}

fn in_page(source: &Arc<Source>, finding: Finding) -> Finding {
    Finding { place: finding.place.map(|place| in_page_place(source, place)), ..finding }
}
