//! A `rule` block of a page -> a rule over one object: which values it looks at, what must hold of them, what is said. Its
//! expressions are read when they are first asked. docs/rules.md is the language.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::group::spot::{NAMES, Spot, Subject};
use crate::group::words::Words;
use crate::object::kinds;
use crate::object::object::Object;
use crate::object::part::Part;
use crate::text::finding::{About, Code, Finding, Severity};
use crate::text::pointer::{self, part};
use crate::text::source::Place;
use crate::verdict::expression::{Expression, Named};

/// Bytes of an object that each of our rules must be able to look at.
const ORDINARY: usize = 16 << 10;

/// A rule as written, with what stands beside `each` in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Kinds.
    pub of: List,
    /// Patterns.
    #[serde(default)]
    pub at: List,
    /// CEL.
    pub when: Option<String>,
    /// CEL.
    pub holds: Option<String>,
    /// JSON pointer.
    pub unique: Option<String>,
    /// JSON pointer with CEL in it.
    #[serde(default)]
    pub point: String,
    /// `error` or `warning`.
    pub severity: Level,
    /// Text with CEL in it.
    pub message: String,
    /// Text with CEL in it.
    pub help: String,
    /// Versions by product.
    #[serde(default)]
    pub seen: BTreeMap<String, List>,
}

/// One text or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum List {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for List {
    fn default() -> Self {
        List::One(String::new())
    }
}

impl List {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            List::One(one) => std::slice::from_ref(one),
            List::Many(many) => many,
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// An error.
    Error,
    /// A warning.
    Warning,
}

/// The rules that a block stands for: itself, or one for each item of `each`.
pub fn merged(block: Value) -> Vec<Value> {
    let Value::Object(mut head) = block else { return vec![block] };
    let Some(Value::Array(items)) = head.remove("each") else { return vec![Value::Object(head)] };
    let one = |item: Value| {
        let own = if let Value::Object(own) = item { own } else { Map::new() };
        Value::Object(head.clone().into_iter().chain(own).collect())
    };
    items.into_iter().map(one).collect()
}

/// What stands in `of` for the configuration of a LiteLLM proxy.
pub const CONFIG: &str = "litellm-config";

/// What a rule is about.
#[derive(Debug, PartialEq, Eq)]
pub enum Of {
    /// Every object.
    All,
    /// The pod template of every kind that has one.
    Pods,
    /// The configuration of a LiteLLM proxy, wherever it stands.
    Config,
    /// A kind of an API group.
    Kind(String, String),
}

impl Of {
    fn new(text: &str) -> Self {
        match text.split_once('.') {
            _ if text == "*" => Of::All,
            _ if text == "pods" => Of::Pods,
            _ if text == CONFIG => Of::Config,
            Some((kind, group)) => Of::Kind(group.to_owned(), kind.to_owned()),
            None => Of::Kind(String::new(), text.to_owned()),
        }
    }
}

/// A rule over one object.
#[derive(Debug)]
pub struct Rule {
    /// The finding it earns.
    pub code: Code,
    /// What it is about.
    pub of: Vec<Of>,
    text: RuleText,
    /// Where it stands, for one that the user wrote.
    place: Option<Place>,
    /// Its text has the word `platform`, perhaps as a name: equal objects may earn different findings.
    pub of_platform: bool,
    when: Lazy<Option<Expression>>,
    holds: Lazy<Option<Expression>>,
    said: Lazy<Said>,
}

/// The key of a rule that can't be read, and why.
pub type Fault = (&'static str, String);

/// Read when it is first asked for.
type Lazy<T> = OnceLock<Result<T, Fault>>;

#[derive(Debug)]
struct Said {
    point: Words,
    message: Words,
    help: Words,
}

/// What is known around an object.
pub struct Around<'a> {
    /// `platform`, where a plan is known.
    pub platform: Option<&'a Value>,
    /// The version of a product that runs there.
    pub running: &'a dyn Fn(&str) -> Option<String>,
}

impl Rule {
    /// A rule that earns this finding.
    pub fn new(code: Code, text: RuleText, place: Option<Place>) -> Self {
        let of = text.of.all().iter().map(|of| Of::new(of)).collect();
        let texts = [text.when.as_deref(), text.holds.as_deref(), Some(&text.message), Some(&text.help)];
        let of_platform = texts.iter().flatten().any(|text| text.contains("platform"));
        Self { code, of, text, place, of_platform, when: Lazy::new(), holds: Lazy::new(), said: Lazy::new() }
    }

    /// The same as one of ours: it is not asked of what its kind does not allow.
    pub fn of_ours(self) -> Self {
        Self { place: None, ..self }
    }

    /// Where it stands, for one that the user wrote.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The kinds of its objects; `*` for all.
    pub fn kinds(&self) -> BTreeSet<&str> {
        let kinds = |of| match of {
            &Of::All => vec!["*"],
            Of::Config => vec![CONFIG],
            Of::Pods => kinds::with_pods().map(|(_, kind, _)| kind).collect(),
            Of::Kind(_, kind) => vec![kind.as_str()],
        };
        self.of.iter().flat_map(kinds).collect()
    }

    /// Where its patterns start in an object of that kind; nowhere when it is not about that.
    pub fn templates<'r>(&'r self, group: &'r str, kind: &'r str) -> impl Iterator<Item = &'static str> + 'r {
        let of_pods = kinds::of(group, kind).pods.iter().map(String::as_str);
        let is_pods = self.of.contains(&Of::Pods);
        let named = |of: &Of| *of == Of::All || matches!(of, Of::Kind(g, k) if g == group && k == kind);
        self.of.iter().any(named).then_some("").into_iter().chain(of_pods.filter(move |_| is_pods))
    }

    /// What is wrong with its expressions.
    pub fn fault(&self) -> Option<&Fault> {
        self.when().err().or(self.holds().err()).or(self.said().err())
    }

    fn when(&self) -> Result<&Option<Expression>, &Fault> {
        self.when.get_or_init(|| expression("when", self.text.when.as_ref())).as_ref()
    }

    fn holds(&self) -> Result<&Option<Expression>, &Fault> {
        self.holds.get_or_init(|| expression("holds", self.text.holds.as_ref())).as_ref()
    }

    fn said(&self) -> Result<&Said, &Fault> {
        let read = |key: &'static str, text: &str| Words::new(text, &NAMES).map_err(|why| (key, why));
        let said = || {
            Ok(Said {
                point: read("point", &self.text.point)?,
                message: read("message", &self.text.message)?,
                help: read("help", &self.text.help)?,
            })
        };
        self.said.get_or_init(said).as_ref()
    }

    /// Looks at an object whose patterns start below `template`.
    pub fn look(&self, object: &Object<'_>, template: &str, around: &Around<'_>, found: &mut Vec<Finding>) {
        let pod = if template.is_empty() { Some(object.value) } else { object.at(template) };
        let Some(pod) = pod else { return };
        self.look_into(&Subject::new(object, template, None, around.platform), pod, around, found);
    }

    /// Looks at the configuration of a LiteLLM proxy.
    pub fn look_at_config(&self, config: &Part<'_>, around: &Around<'_>, found: &mut Vec<Finding>) {
        let subject = Subject::new(&config.object, "", Some(config), around.platform);
        self.look_into(&subject, config.value(), around, found);
    }

    fn look_into(&self, subject: &Subject<'_>, top: &Value, around: &Around<'_>, found: &mut Vec<Finding>) {
        for pattern in self.text.at.all() {
            let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
            pointer::each(top, pattern, &mut |below, value| {
                let pointer = format!("{}{below}", subject.template);
                let spot = Spot { subject, pointer: &pointer, value };
                let unique = self.text.unique.as_deref();
                let again = unique.is_some_and(|at| match part(value, at) {
                    Some(shared) => !seen.insert((above(&pointer).to_owned(), shared.to_string())),
                    None => false,
                });
                if unique.is_none() || again {
                    found.extend(self.judge(&spot, around));
                }
            });
        }
    }

    fn judge(&self, spot: &Spot<'_>, around: &Around<'_>) -> Option<Finding> {
        match self.finding(spot) {
            Ok(finding) => finding.map(|finding| self.dated(finding, around)),
            Err(why) => self.failed(spot, why),
        }
    }

    fn finding(&self, spot: &Spot<'_>) -> Result<Option<Finding>, String> {
        let value = |name: &str| spot.named(name);
        let named = Named { value: &value, shared: &spot.subject.shared };
        let why = |(_, why): &Fault| why.clone();
        // Without a plan there is no platform to ask for.
        let platform = spot.subject.platform.is_some();
        let known = |expression: &Expression| platform || !expression.asks("platform");
        if let Some(when) = self.when().map_err(why)?
            && !(known(when) && when.truth(&named)?)
        {
            return Ok(None);
        }
        if let Some(holds) = self.holds().map_err(why)?
            && (!known(holds) || holds.truth(&named)?)
        {
            return Ok(None);
        }
        let said = self.said().map_err(why)?;
        if !platform && [&said.point, &said.message, &said.help].iter().any(|w| w.asks("platform")) {
            return Ok(None);
        }
        let pointer = format!("{}{}", spot.pointer, said.point.fill(&named)?);
        let words = said.message.fill(&named)?;
        // The object stands before what is said, unless the words name it, or it only holds what they are about.
        let message = match spot.subject.config.is_some() || said.message.asks("id") {
            true => words,
            false => format!("{} {words}", spot.subject.object.identity),
        };
        let severity = match self.text.severity {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
        };
        let finding = Finding { severity, ..spot.subject.error(self.code, &pointer, message) };
        Ok(Some(finding.help(said.help.fill(&named)?)))
    }

    /// One of ours is not asked of what its kind does not allow; what a user wrote must be seen to.
    fn failed(&self, spot: &Spot<'_>, why: String) -> Option<Finding> {
        let Some(place) = &self.place else {
            let slow = why.starts_with("it may take more than") && spot.subject.object.text.len() < ORDINARY;
            let careless = slow || ["No such key", "Undeclared reference"].iter().any(|words| why.contains(words));
            assert!(!(cfg!(unoptimized) && careless), "{} at {}: {why}", self.code.name(), spot.pointer);
            return None;
        };
        let about = About { object: spot.subject.object.identity.to_string(), pointer: spot.pointer.to_owned() };
        let message = format!("the rule `{}` fails on {}: {why}", self.code.name(), about.object);
        let finding = Finding::error(Code::RulePage, message).place(place.clone());
        let finding = finding.related(spot.subject.object.place(spot.pointer), "this is what it looks at");
        let help = "a field that may be missing is asked for with `has()`, one of several types with `type()`";
        Some(Finding { about: Some(Box::new(about)), ..finding.help(help) })
    }

    /// What was seen on other versions may be otherwise on this one.
    fn dated(&self, finding: Finding, around: &Around<'_>) -> Finding {
        let other = self.text.seen.iter().find_map(|(product, versions)| {
            let runs = (around.running)(product)?;
            let is_seen = versions.all().iter().any(|seen| covers(seen, &runs));
            (!is_seen).then(|| format!("seen with {product} {}, and {runs} runs here", versions.all().join(", ")))
        });
        match (other, &finding.help) {
            (Some(other), Some(help)) => Finding { help: Some(format!("{help} ({other})").into()), ..finding },
            _ => finding,
        }
    }
}

fn expression(key: &'static str, text: Option<&String>) -> Result<Option<Expression>, Fault> {
    text.map(|text| Expression::new(text, &NAMES).map_err(|why| (key, why))).transpose()
}

fn above(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(above, _)| above)
}

/// Whether a version is the one that was seen, or one of a line of which `1.2` was seen.
fn covers(seen: &str, runs: &str) -> bool {
    let plain = |version: &str| version.trim_start_matches('v').to_owned();
    let rest = plain(runs).strip_prefix(&plain(seen)).map(str::to_owned);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '+', '_']))
}
