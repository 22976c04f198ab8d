//! Values against the closed JSON Schemas of settings: mistakes with their places, and defaults filled in.
//! Knows no group and no template.

use std::borrow::Cow;
use std::sync::OnceLock;

use jsonschema::Validator;
use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use serde_json::{Map, Value, json};

use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::named;
use crate::text::near::{Letters, is_near, slips};
use crate::text::source::{Place, Source};
use crate::text::yaml::{Node, object};

/// The keywords a settings schema may use.
pub const KEYWORDS: [&str; 20] = [
    "type",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "propertyNames",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "uniqueItems",
    "minProperties",
    "oneOf",
    "not",
    "description",
];

/// A schema ready for use: closed and complete.
#[derive(Debug)]
pub struct Schema {
    /// As published to editors.
    pub json: Value,
    validator: OnceLock<Validator>,
}

impl Schema {
    /// Takes a settings schema as written in a group file: `properties` implies an object that admits no others.
    ///
    /// # Errors
    /// What is wrong with the schema, as one sentence.
    pub fn new(raw: &Value) -> Result<Self, String> {
        Ok(Self { json: close(raw, "")?, validator: OnceLock::new() })
    }

    /// One of our own, a file of schemas/.
    pub fn built_in(text: &str) -> Self {
        let documents = kubeyaml::values(&Source::new("schemas/", text)).expect("the built-in schema is YAML");
        Self::new(&documents[0]).expect("the built-in schema is a schema")
    }

    /// Compiles it now, where a mistake in it can be told to its author.
    ///
    /// # Errors
    /// One sentence.
    pub fn compile(&self) -> Result<(), String> {
        self.validator().map(drop)
    }

    /// Compiles it; most schemas of a run are never asked.
    fn validator(&self) -> Result<&Validator, String> {
        if let Some(validator) = self.validator.get() {
            return Ok(validator);
        }
        let validator = jsonschema::draft202012::options()
            .with_pattern_options(jsonschema::PatternOptions::regex())
            .build(&self.json)
            .map_err(|e| format!("this group's settings schema is not valid: {e}"))?;
        Ok(self.validator.get_or_init(|| validator))
    }

    /// Whether a value is as the schema says.
    pub fn admits(&self, value: &Value) -> bool {
        self.validator().is_ok_and(|validator| validator.is_valid(value))
    }

    /// All mistakes in a value that a person wrote; `what` names the whole in messages, as in `settings.egress`.
    pub fn findings(&self, node: &Node, what: &str) -> Vec<Finding> {
        let value = node.to_value();
        match self.validator() {
            Ok(validator) => validator.iter_errors(&value).flat_map(|e| explain(&e, node, what, &self.json)).collect(),
            Err(sentence) => vec![Finding::error(Code::GroupFile, sentence).place(node.place.clone())],
        }
    }

    /// The value with every declared property: given, else the default, else `null`.
    pub fn fill(&self, value: &Value) -> Value {
        fill(&self.json, value)
    }

    /// The same for a part of the schema, named by a JSON pointer.
    pub fn fill_at(&self, pointer: &str, value: &Value) -> Value {
        self.json.pointer(pointer).map_or(Value::Null, |schema| fill(schema, value))
    }

    /// The dotted paths of all declared properties, list items and map values as `*`.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        collect_paths(&self.json, String::new(), &mut paths);
        paths
    }
}

fn close(raw: &Value, at: &str) -> Result<Value, String> {
    let mut schema = raw.as_object().cloned().ok_or_else(|| format!("`{at}` must be a schema, a map"))?;
    for key in schema.keys() {
        if !KEYWORDS.contains(&key.as_str()) {
            return Err(format!("`{at}` uses `{key}`, which is none of: {}", KEYWORDS.join(", ")));
        }
    }
    if let Some(properties) = schema.get("properties") {
        let mut closed = Map::new();
        for (name, property) in object(properties) {
            let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            if property.get("description").is_none() {
                return Err(format!("`{at}` has no description"));
            }
            closed.insert(name.clone(), close(property, &at)?);
        }
        schema.insert("properties".into(), Value::Object(closed));
        schema.entry("type").or_insert(json!("object"));
        schema.entry("additionalProperties").or_insert(json!(false));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key).filter(|v| v.is_object()) {
            let inner = close(inner, &format!("{at}.*"))?;
            schema.insert(key.into(), inner);
        }
    }
    Ok(Value::Object(schema))
}

fn fill(schema: &Value, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut filled = Map::new();
            let properties = schema.get("properties").map(object);
            for (name, property) in properties.into_iter().flatten() {
                let value = match map.get(name) {
                    Some(given) => fill(property, given),
                    None => match property.get("default") {
                        Some(default) => fill(property, default),
                        None if property.get("properties").is_some() && property["type"] == "object" => {
                            fill(property, &json!({}))
                        }
                        None => Value::Null,
                    },
                };
                filled.insert(name.clone(), value);
            }
            for (name, value) in map {
                if !filled.contains_key(name) {
                    let inner = schema.get("additionalProperties").unwrap_or(&Value::Null);
                    filled.insert(name.clone(), fill(inner, value));
                }
            }
            Value::Object(filled)
        }
        // A schema that takes a map and also a list: the list is the map of its names, without more.
        Value::Array(names) if schema.get("additionalProperties").is_some_and(Value::is_object) => {
            let names = names.iter().filter_map(Value::as_str).map(|name| (name.to_owned(), json!({})));
            fill(schema, &Value::Object(names.collect()))
        }
        Value::Array(items) => {
            let inner = schema.get("items").unwrap_or(&Value::Null);
            items.iter().map(|item| fill(inner, item)).collect()
        }
        scalar => scalar.clone(),
    }
}

fn collect_paths(schema: &Value, at: String, paths: &mut Vec<String>) {
    let join = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    for (name, property) in schema.get("properties").map(object).into_iter().flatten() {
        paths.push(join(name));
        collect_paths(property, join(name), paths);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key).filter(|v| v.is_object()) {
            collect_paths(inner, join("*"), paths);
        }
    }
}

fn explain(error: &ValidationError<'_>, node: &Node, what: &str, schema: &Value) -> Vec<Finding> {
    let pointer = error.instance_path().as_str();
    let name = format!("{what}{}", pointer.replace('/', "."));
    let here = node.at(pointer);
    let place = here.filter(|n| n.entries().is_empty()).map_or_else(|| node.place_at(pointer), |n| n.place.clone());
    let given = here.map_or_else(String::new, Node::describe);
    let finding = |code, message: String| Finding::error(code, message).place(place.clone());
    let meaning = parent_schema(schema, error.schema_path().as_str()).and_then(|s| s["description"].as_str());
    let described = |message: String| {
        let finding = finding(Code::InvalidValue, message);
        match meaning {
            Some(meaning) => finding.help(meaning),
            None => finding,
        }
    };
    let one = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = parent_schema(schema, error.schema_path().as_str())
                .and_then(|s| s.get("properties"))
                .map(|p| object(p).keys().map(String::as_str).collect::<Vec<_>>())
                .unwrap_or_default();
            // A name that the schema refuses with a reason is told once, with it.
            let refused =
                parent_schema(schema, error.schema_path().as_str()).and_then(|s| s.pointer("/propertyNames/not/enum"));
            return unexpected
                .iter()
                .filter(|key| !refused.and_then(Value::as_array).is_some_and(|names| names.iter().any(|n| n == *key)))
                .map(|key| {
                    let place = here.and_then(|n| n.entry(key)).map_or_else(|| place.clone(), |e| e.place.clone());
                    Finding::error(Code::UnknownKey, format!("`{name}` has no key `{key}`"))
                        .place(place)
                        .help(did_you_mean(key, &known))
                })
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            finding(Code::MissingValue, format!("`{name}` needs `{}`", property.as_str().unwrap_or_default()))
                .help(describe_property(schema, error, property))
        }
        ValidationErrorKind::Type { kind } => {
            let wrong = described(format!("`{name}` is {given}, it must be {}", types(kind)));
            let help = named::help(schema, error.schema_path().as_str(), node, pointer);
            help.into_iter().fold(wrong, Finding::help)
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
            let names: Vec<&str> = options.iter().map(String::as_str).collect();
            let given_text = here.map(|n| plain(&n.to_value())).unwrap_or_default();
            finding(Code::InvalidValue, format!("`{name}` cannot be `{given_text}`"))
                .help(did_you_mean(&given_text, &names))
        }
        ValidationErrorKind::Pattern { pattern } => {
            let finding = finding(Code::InvalidValue, format!("`{name}` is {given}, which its pattern does not allow"));
            finding.help(match meaning {
                Some(meaning) => format!("{meaning}; it must match {pattern}"),
                None => format!("it must match {pattern}"),
            })
        }
        ValidationErrorKind::PropertyNames { error } => {
            let key = plain(error.instance());
            let place = here.and_then(|n| n.entry(&key)).map_or_else(|| place.clone(), |e| e.place.clone());
            let names = parent_schema(schema, error.schema_path().as_str());
            // Beside a `not` the words are about it.
            let is_form = matches!(error.kind(), ValidationErrorKind::Pattern { .. });
            let said = names.filter(|names| !is_form || names.get("not").is_none());
            let help = match (error.kind(), said.and_then(|names| names["description"].as_str())) {
                (_, Some(said)) => said.to_owned(),
                (ValidationErrorKind::Pattern { pattern }, None) if !pattern.starts_with("^[a-z](") => {
                    format!("it must match {pattern}")
                }
                _ => "lower-case letters, digits and dashes, at most 63, starting with a letter".to_owned(),
            };
            let help = match error.kind() {
                ValidationErrorKind::Pattern { pattern } => named::meant(pattern, &key) + &help,
                _ => help,
            };
            Finding::error(Code::InvalidName, format!("`{key}` cannot be a key of `{name}`")).place(place).help(help)
        }
        ValidationErrorKind::Minimum { limit } => {
            described(format!("`{name}` is {given}, it must be at least {limit}"))
        }
        ValidationErrorKind::Maximum { limit } => described(format!("`{name}` is {given}, it must be at most {limit}")),
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::OneOfMultipleValid { .. } => {
            described(format!("`{name}` has none of its forms, or several"))
        }
        _ => described(format!("`{name}`: {error}")),
    };
    vec![one]
}

fn types(kind: &TypeKind) -> String {
    let names: Vec<String> = match kind {
        TypeKind::Single(t) => vec![t.to_string()],
        TypeKind::Multiple(set) => set.iter().map(|t| t.to_string()).collect(),
    };
    let names: Vec<&str> = names
        .iter()
        .map(|n| match n.as_str() {
            "object" => "a map",
            "array" => "a list",
            "string" => "a string",
            "integer" => "an integer",
            "number" => "a number",
            "boolean" => "true or false",
            _ => "null",
        })
        .collect();
    names.join(" or ")
}

/// The schema that holds the keyword a schema path ends with.
fn parent_schema<'a>(schema: &'a Value, keyword_path: &str) -> Option<&'a Value> {
    schema.pointer(keyword_path.rsplit_once('/')?.0)
}

fn describe_property(schema: &Value, error: &ValidationError<'_>, property: &Value) -> String {
    let name = property.as_str().unwrap_or_default();
    parent_schema(schema, error.schema_path().as_str())
        .and_then(|s| s["properties"][name]["description"].as_str())
        .map_or_else(|| format!("add `{name}`"), |d| format!("add `{name}`: {d}"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Names that are listed where none is near.
pub const LISTED: usize = 100;

/// Most names among which the one that was meant is looked for: thousands may lack in a list of thousands.
pub const MAX_SEARCHED: usize = 3_000;

/// Most of them that are measured letter by letter: all names of a list may look alike.
const MAX_MEASURED: usize = 100;

/// The known name that may be meant by another one.
pub fn nearest<'n>(given: &str, known: &[&'n str]) -> Option<&'n str> {
    let (letters, given) = (Letters::of(given), lower(given));
    let (mut best, mut measured): (Option<(usize, &str)>, usize) = (None, 0);
    for name in known {
        // Beyond the best so far nothing is asked for.
        let most = best.map_or(usize::MAX, |(slips, _)| slips).min(1 + name.len() / 4);
        let is_far = || letters.zip(Letters::of(name)).is_some_and(|(given, known)| given.are_far(known, most));
        if measured == MAX_MEASURED || is_far() {
            continue;
        }
        measured += 1;
        let found = slips(&given, &lower(name), most).map(|slips| (slips, *name));
        best = [best, found].into_iter().flatten().min();
    }
    best.map(|(_, name)| name)
}

fn lower(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    if plain { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}

/// Whether a name is another one with a slip of the pen. Names that differ in a number or a letter of their own (`db-1`,
/// `web-b`) are several of one sort.
pub fn is_misspelt(known: &str, name: &str) -> bool {
    let plain = |text: &str| text.split('-').filter(|part| part.len() > 1).collect::<Vec<_>>().join("-");
    let letters = |text: &str| plain(text).replace(|c: char| c.is_ascii_digit(), "");
    is_slip(known, name) && letters(known) != letters(name)
}

/// Whether a word is another one but for a letter, or two where it is long.
pub fn is_slip(known: &str, word: &str) -> bool {
    let most = if word.len() < 8 { 1 } else { 2 };
    word.len() > 3 && is_near(known, word, most)
}

/// `did you mean ...?` where a known name is near, else the list of names.
pub fn did_you_mean(given: &str, known: &[&str]) -> String {
    let searched = if known.len() <= MAX_SEARCHED { known } else { &[] };
    match nearest(given, searched) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "nothing goes here: remove it".into(),
        None => {
            let names: Vec<String> = known.iter().take(LISTED).map(|n| format!("`{n}`")).collect();
            let more = known.len().saturating_sub(LISTED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("known here: {}{more}", names.join(", "))
        }
    }
}

/// True for a DNS label as Kubernetes wants it: lower-case letters, digits, inner dashes, at most 63 (RFC 1123).
pub fn is_dns_label(name: &str) -> bool {
    let bytes = name.as_bytes();
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|b| alphanumeric(b) || *b == b'-')
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
}

/// The finding for a name that is no DNS label.
pub fn invalid_name(what: &str, name: &str, place: Place) -> Finding {
    Finding::error(Code::InvalidName, format!("{what} `{name}` is no DNS label"))
        .place(place)
        .help("lower-case letters, digits and inner dashes, at most 63 characters")
}
