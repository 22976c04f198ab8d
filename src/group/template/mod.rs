//! Templates and expressions -> text and values. The only module that knows minijinja; it knows no group and no object.
//!
//! What goes into a template are the dotted paths it names ([`Templates::inputs`]), nothing else: the caller picks
//! exactly these with [`pick`], so they are its memo key as well. There are no includes and no macros (the crate's features
//! for them are off), every `{{ }}` in a template is escaped to one JSON value, and undefined is an error.

pub mod filters;
pub mod marks;
pub mod growth;
pub mod composite;
pub mod engine;
pub mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::value::{Serde, Value as Jinja};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Expression};
use serde_json::{Map, Value};

use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema;
use crate::text::source::{Place, Source};

/// What expressions see: names with values. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context(Jinja);

impl Context {
    /// The entries of an object.
    pub fn new(names: &Value) -> Self {
        let entries = names.as_object().into_iter().flatten();
        Self(Jinja::from_pairs(entries.map(|(name, value)| (name.as_str(), Jinja::from(Serde(value))))))
    }

    /// With more names, which hide others of these names.
    pub fn with(&self, names: &Map<String, Value>) -> Self {
        let more = Jinja::from_pairs(names.iter().map(|(name, value)| (name.as_str(), Jinja::from(Serde(value)))));
        Self(minijinja::value::merge_maps([self.0.clone(), more]))
    }
}

/// Lists that the engine fills.
pub const ENGINE_LISTS: [&str; 7] =
    ["agentic_gateway", "agentic_object", "cluster_kind", "component", "namespace", "namespaced_kind", "secret"];

/// Longest template or expression, in bytes; nesting costs stack, and minijinja 3.0 counts columns up to 65,535.
pub const MAX_TEMPLATE: usize = 60_000;

/// Longest text that a template yields, in bytes.
pub const MAX_OUTPUT: usize = 8 << 20;

/// What is said of one that yields more.
const TOO_LONG: &str = "this yields more than 8 MiB of text";

/// Instructions that one template may run.
pub const FUEL: u64 = 1_000_000;

/// Instructions that one expression may run; there may be one for each item of a list.
pub const EXPRESSION_FUEL: u64 = 100_000;

/// Compiled templates, and the engine for expressions.
#[derive(Debug)]
pub struct Templates {
    env: Environment<'static>,
    expressions: Environment<'static>,
    templates: BTreeMap<String, Template>,
}

#[derive(Debug)]
struct Template {
    source: Arc<Source>,
    inputs: BTreeSet<String>,
}

impl Templates {
    /// Compiles templates; a source's name is the template's name. Those that do not parse become findings.
    pub fn new(sources: impl IntoIterator<Item = Arc<Source>>) -> (Self, Vec<Finding>) {
        let mut env = engine::environment(|_| AutoEscape::Json, FUEL);
        let mut templates = BTreeMap::new();
        let mut findings = Vec::new();
        for source in sources {
            if let Err(sentence) = short(&source.text) {
                findings.push(Finding::error(Code::TemplateSyntax, sentence).place(Place::new(&source, 0, 0)));
                continue;
            }
            if let Err(error) = env.add_template_owned(source.name.clone(), source.text.clone()) {
                findings.push(finding(&error, &source, Code::TemplateSyntax));
                continue;
            }
            if let Some((at, sentence)) = growth::excess(&source.text) {
                findings.push(Finding::error(Code::TemplateSyntax, sentence).place(Place::new(&source, at, at)));
                continue;
            }
            let template = env.get_template(&source.name).expect("added above");
            let inputs = known_inputs(&env, template.undeclared_variables(true));
            templates.insert(source.name.clone(), Template { source, inputs });
        }
        let expressions = engine::environment(|_| AutoEscape::None, EXPRESSION_FUEL);
        (Self { env, expressions, templates }, findings)
    }

    /// The names of the templates directly in a folder (given with its final slash), sorted.
    pub fn in_folder(&self, folder: &str) -> Vec<&str> {
        let names = self.templates.range(folder.to_owned()..).map(|(name, _)| name.as_str());
        names.take_while(|n| n.starts_with(folder)).filter(|n| !n[folder.len()..].contains('/')).collect()
    }

    /// The source of a template.
    pub fn source(&self, name: &str) -> Option<&Arc<Source>> {
        self.templates.get(name).map(|t| &t.source)
    }

    /// What the objects of a template are for, as it says itself.
    pub fn purpose(&self, name: &str) -> Option<String> {
        self.source(name).and_then(|source| marks::purpose(&source.text))
    }

    /// The dotted paths that a template names.
    pub fn inputs(&self, name: &str) -> impl Iterator<Item = &str> {
        self.templates.get(name).into_iter().flat_map(|t| &t.inputs).map(String::as_str)
    }

    /// Fills a template.
    ///
    /// # Errors
    /// One finding at the line that failed.
    ///
    /// # Panics
    /// When there is no template of that name.
    pub fn render(&self, name: &str, context: &Value) -> Result<String, Finding> {
        let template = self.env.get_template(name).expect("the caller names a template of the catalog");
        let source = &self.templates[name].source;
        filled(&template, Jinja::from(Serde(context))).map_err(|error| match error {
            Unfilled::TooLong => {
                Finding::error(Code::TemplateValue, TOO_LONG).place(Place::new(source, 0, 0)).help("write less")
            }
            Unfilled::Failed(error) => finding(&error, source, Code::TemplateValue),
        })
    }

    /// Fills a template, and tells for each line of the result the line of the template that it comes from, both from 0.
    /// `None` when the template fails, or when a value of the context looks like one of the marks that show the way.
    pub fn traced(&self, name: &str, context: &Value) -> Option<(String, Vec<usize>)> {
        let source = self.source(name)?;
        let filled = self.env.render_named_str(name, &marks::set(&source.text), Jinja::from(Serde(context))).ok()?;
        let (text, lines) = marks::taken(&filled);
        (text == self.render(name, context).ok()?).then_some((text, lines))
    }

    /// The dotted paths that a part of a template names; none when it does not stand by itself.
    pub fn names(&self, part: &str) -> BTreeSet<String> {
        let template = self.env.template_from_str(part);
        template.map(|t| known_inputs(&self.env, t.undeclared_variables(true))).unwrap_or_default()
    }

    /// Evaluates an expression.
    ///
    /// # Errors
    /// One sentence: it does not parse, fails, or is undefined.
    pub fn eval(&self, expression: &str, context: &Context) -> Result<Value, String> {
        short(expression)?;
        let compiled = self.expressions.compile_expression(expression).map_err(|e| sentence(&e, expression))?;
        evaluated(&compiled, expression, context)
    }

    /// Replaces the expressions in a value's strings: a string that is one `{{ }}` becomes its value, others stay text.
    ///
    /// # Errors
    /// The JSON pointer of the string and one sentence.
    pub fn fill(&self, value: &Value, context: &Context) -> Result<Value, (String, String)> {
        let nested = |key: &str, inner: Result<Value, (String, String)>| {
            inner.map_err(|(pointer, sentence)| (format!("/{}{pointer}", escaped(key)), sentence))
        };
        match value {
            Value::String(text) => self.fill_text(text, context).map_err(|e| (String::new(), e)),
            Value::Array(items) => {
                items.iter().enumerate().map(|(i, v)| nested(&i.to_string(), self.fill(v, context))).collect()
            }
            Value::Object(map) => map.iter().map(|(k, v)| Ok((k.clone(), nested(k, self.fill(v, context))?))).collect(),
            other => Ok(other.clone()),
        }
    }

    fn fill_text(&self, text: &str, context: &Context) -> Result<Value, String> {
        if !text.contains("{{") && !text.contains("{%") {
            return Ok(Value::String(text.to_owned()));
        }
        short(text)?;
        let inner = text.trim().strip_prefix("{{").and_then(|t| t.strip_suffix("}}"));
        // `{{ a }} and {{ b }}` begins and ends as one expression does, and is none.
        if let Some((inner, Ok(compiled))) = inner.map(|inner| (inner, self.expressions.compile_expression(inner))) {
            return evaluated(&compiled, inner, context);
        }
        if let Some((_, sentence)) = growth::excess(text) {
            return Err(sentence);
        }
        let template = self.expressions.template_from_str(text).map_err(|e| sentence(&e, text))?;
        filled(&template, context.0.clone()).map(Value::String).map_err(|error| match error {
            Unfilled::TooLong => TOO_LONG.to_owned(),
            Unfilled::Failed(error) => sentence(&error, text),
        })
    }
}

fn short(text: &str) -> Result<(), String> {
    let sentence = || format!("this template has {} bytes; {MAX_TEMPLATE} are the most", text.len());
    if text.len() > MAX_TEMPLATE { Err(sentence()) } else { Ok(()) }
}

fn evaluated(compiled: &Expression<'_, '_>, text: &str, context: &Context) -> Result<Value, String> {
    let value = compiled.eval(&context.0).map_err(|e| sentence(&e, text))?;
    if value.is_undefined() {
        return Err(format!("`{text}` is undefined"));
    }
    filters::json(&value).map_err(|e| sentence(&e, text))
}

enum Unfilled {
    TooLong,
    Failed(Error),
}

/// The text of a template, up to [`MAX_OUTPUT`].
fn filled(template: &minijinja::Template<'_, '_>, context: Jinja) -> Result<String, Unfilled> {
    let mut output = Bounded(Vec::new());
    match template.render_captured_to(context, &mut output) {
        Ok(_) => Ok(String::from_utf8(output.0).expect("the engine writes text")),
        Err(error) if error.kind() == ErrorKind::WriteFailure => Err(Unfilled::TooLong),
        Err(error) => Err(Unfilled::Failed(error)),
    }
}

/// A text that does not grow past [`MAX_OUTPUT`].
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The part of a context that dotted paths name; what is not there stays away.
pub fn pick<'a>(context: &Value, paths: impl Iterator<Item = &'a str>) -> Value {
    let mut picked = Value::Object(Map::new());
    for path in paths {
        graft(context, &mut picked, &path.split('.').collect::<Vec<_>>());
    }
    picked
}

fn graft(from: &Value, to: &mut Value, path: &[&str]) {
    let [name, rest @ ..] = path else { return };
    let (Some(inner), Some(map)) = (from.get(name), to.as_object_mut()) else { return };
    if rest.is_empty() || !inner.is_object() {
        map.insert((*name).to_owned(), inner.clone());
    } else {
        graft(inner, map.entry(*name).or_insert_with(|| Value::Object(Map::new())), rest);
    }
}

/// What counts as true in `when` and `require`: neither null, false, zero nor empty.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn known_inputs(env: &Environment<'_>, named: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let globals: BTreeSet<&str> = env.globals().map(|(name, _)| name).collect();
    named.into_iter().filter(|path| !globals.contains(path.split('.').next().unwrap_or_default())).collect()
}

fn finding(error: &Error, source: &Arc<Source>, code: Code) -> Finding {
    let place = match (error.range(), error.line()) {
        (Some(range), _) => Place::new(source, range.start, range.end),
        (None, Some(line)) => Place::new(source, source.offset(line, 1), source.offset(line, usize::MAX)),
        (None, None) => Place::new(source, 0, 0),
    };
    Finding::error(code, sentence(error, &source.text)).place(place)
}

/// What failed; `source` is the text that was evaluated.
fn sentence(error: &Error, source: &str) -> String {
    let mut text = match (error.detail(), error.kind()) {
        (Some(detail), ErrorKind::InvalidOperation) => detail.to_owned(),
        (Some(detail), kind) => format!("{kind}: {detail}"),
        (None, kind) => kind.to_string(),
    };
    if error.kind() == ErrorKind::UndefinedError {
        let name = error.range().and_then(|range| source.get(range)).filter(|name| !name.is_empty());
        text = name.map_or_else(|| "something here is undefined".into(), |name| format!("`{name}` is undefined"));
    }
    let line = source.lines().nth(error.line().unwrap_or_default().saturating_sub(1));
    if error.kind() == ErrorKind::SyntaxError && line.is_some_and(marks::is_for_others) {
        text += &format!(" ({})", marks::RAW);
    }
    if error.kind() == ErrorKind::UnknownFilter {
        text += &format!(" ({})", schema::did_you_mean(error.detail().unwrap_or_default(), &filters::NAMES));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn templates(text: &str) -> Templates {
        let (templates, findings) = Templates::new([Source::new("t.yaml", text)]);
        assert!(findings.is_empty(), "{findings:?}");
        templates
    }

    #[test]
    fn inputs_are_the_dotted_paths() {
        let t = templates(
            "a: {{ settings.image.tag }}\n{% for m in model %}\nb: {{ m.alias ~ platform.name }}\n{% endfor %}\n",
        );
        assert_eq!(t.inputs("t.yaml").collect::<Vec<_>>(), ["model", "platform.name", "settings.image.tag"]);
    }

    #[test]
    fn picking_keeps_only_what_is_named() {
        let context = json!({"settings": {"image": {"tag": "1", "x": 2}, "y": 3}, "platform": {"name": "p", "q": 1}});
        let paths = ["capabilities.gone", "platform", "platform.name", "settings.image.tag"];
        let picked = pick(&context, paths.into_iter());
        assert_eq!(picked, json!({"platform": {"name": "p", "q": 1}, "settings": {"image": {"tag": "1"}}}));
    }

    #[test]
    fn values_keep_their_type_and_text_stays_text() {
        let t = templates("");
        let context = Context::new(&json!({"list": [1], "name": "x"}));
        let value =
            json!({"a": "{{ list }}", "b": "pre-{{ name }}", "c": "plain", "d": "{{ '{{ .password }}' ~ name }}"});
        assert_eq!(
            t.fill(&value, &context).unwrap(),
            json!({"a": [1], "b": "pre-x", "c": "plain", "d": "{{ .password }}x"})
        );
        assert!(t.fill(&json!("{{ nope }}"), &context).is_err());
        assert!(t.fill(&json!("x {{ nope }}"), &context).is_err());
    }

    #[test]
    fn text_in_braces_is_one_json_value() {
        let t = templates("a: {{ s }}\n");
        assert_eq!(t.render("t.yaml", &json!({"s": "no: \"x\"\n- y"})).unwrap(), "a: \"no: \\\"x\\\"\\n- y\"\n");
        assert!(t.render("t.yaml", &json!({})).is_err());
    }
}
