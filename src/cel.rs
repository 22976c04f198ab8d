//! One CEL rule of a schema and a value -> whether the rule holds. The only module that knows the CEL crate.
//!
//! Values enter CEL as the API server brings them in (apiserver 1.35 cel/common/valuesunstructured.go): typed by their
//! schema, fields under their escaped names, undeclared fields invisible.

use std::sync::{Arc, LazyLock, OnceLock};

use kube_cel::KubeCelExt;
use kube_cel::cel::objects::{Key, Map, Value as Cel};
use kube_cel::cel::{Context, Program};
use serde::Deserialize;
use serde_json::Value;

use crate::cost::{self, Size};
use crate::formats;
use crate::structural::{Kind, Structural};

/// A rule of `x-kubernetes-validations`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The expression that must be true.
    pub rule: String,
    /// What is said when it is not.
    #[serde(default)]
    pub message: String,
    /// An expression that yields what is said.
    #[serde(default)]
    message_expression: String,
    /// The field at fault, as `.name` or `['name']`, below the value the rule stands at.
    #[serde(default)]
    pub field_path: String,
    /// `oldSelf` is an optional, so that the rule counts on create too.
    #[serde(default)]
    pub optional_old_self: bool,
    #[serde(skip)]
    compiled: OnceLock<Result<Compiled, String>>,
}

struct Compiled {
    program: Program,
    message: Option<Program>,
    transition: bool,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compiled")
    }
}

/// What a rule says of a value.
pub enum Answer {
    /// It holds.
    Holds,
    /// It is not asked: it compares with an old value and there is none.
    Skipped,
    /// It does not hold, and this is what it says.
    Fails(String),
    /// It cannot be evaluated, for this reason.
    Broken(String),
}

impl Rule {
    fn compiled(&self) -> Result<&Compiled, &String> {
        self.compiled.get_or_init(|| compile(self)).as_ref()
    }

    /// Why the rule cannot be evaluated at all.
    pub fn unusable(&self) -> Option<&String> {
        self.compiled().err()
    }

    /// True for a rule that only an update evaluates.
    pub fn is_transition(&self) -> bool {
        !self.optional_old_self && self.compiled().is_ok_and(|c| c.transition)
    }

    /// Evaluates the rule on values of that size.
    pub fn answer(&self, this: &Cel, old: Option<&Cel>, size: Size) -> Answer {
        let compiled = match self.compiled() {
            Ok(compiled) => compiled,
            Err(why) => return Answer::Broken(why.clone()),
        };
        if self.is_transition() && old.is_none() {
            return Answer::Skipped;
        }
        if cost::bound(compiled.program.expression(), size) > cost::MAX_STEPS {
            return Answer::Broken(format!("it may take more than {} steps on a value of this size", cost::MAX_STEPS));
        }
        let mut context = FUNCTIONS.new_inner_scope();
        context.add_variable_from_value("self", this.clone());
        if let Some(old) = old {
            context.add_variable_from_value("oldSelf", old.clone());
        }
        match compiled.program.execute(&context) {
            Ok(Cel::Bool(true)) => Answer::Holds,
            Ok(Cel::Bool(false)) => Answer::Fails(self.says(compiled, &context)),
            Ok(_) => Answer::Broken("it yields neither true nor false".into()),
            Err(e) => Answer::Broken(e.to_string()),
        }
    }

    fn says(&self, compiled: &Compiled, context: &Context<'_>) -> String {
        let told = compiled.message.as_ref().and_then(|program| match program.execute(context) {
            Ok(Cel::String(text)) => Some(text.trim().to_owned()).filter(|t| !t.is_empty() && !t.contains('\n')),
            _ => None,
        });
        told.unwrap_or_else(|| match self.message.trim() {
            "" => format!("failed rule: {}", self.rule.trim()),
            message => message.to_owned(),
        })
    }
}

fn compile(rule: &Rule) -> Result<Compiled, String> {
    let program =
        |text: &str| Program::compile(text).map_err(|e| e.to_string().lines().next().unwrap_or_default().to_owned());
    let compiled = program(&rule.rule)?;
    let transition = compiled.references().has_variable("oldSelf");
    let message = match rule.message_expression.as_str() {
        "" => None,
        text => Some(program(text)?),
    };
    Ok(Compiled { program: compiled, message, transition })
}

static FUNCTIONS: LazyLock<Context<'static>> = LazyLock::new(|| Context::default().with_all());

/// A value as CEL sees it; none where its schema says nothing that CEL could type.
pub fn value(schema: &Structural, value: &Value, whole: bool) -> Option<Cel> {
    Some(match (schema.kind, value) {
        (_, Value::Null) => Cel::Null,
        (_, Value::Bool(b)) => Cel::Bool(*b),
        (Kind::Number, Value::Number(n)) => Cel::Float(n.as_f64()?),
        (Kind::Integer, Value::Number(n)) => Cel::Int(n.as_i64().or_else(|| n.as_f64().map(|f| f as i64))?),
        (_, Value::Number(n)) => n.as_i64().map(Cel::Int).or_else(|| n.as_f64().map(Cel::Float))?,
        (Kind::String, Value::String(text)) => string(&schema.format, text)?,
        (_, Value::String(text)) => Cel::String(Arc::new(text.clone())),
        (_, Value::Array(items)) => {
            let below = schema.items.as_deref()?;
            Cel::List(Arc::new(
                items.iter().map(|item| self::value(below, item, below.embedded)).collect::<Option<_>>()?,
            ))
        }
        (_, Value::Object(map)) => {
            let fields = map.iter().filter_map(|(name, value)| {
                let (key, cel) = match schema.properties.get(name) {
                    Some(property) => (escape(name)?, self::value(property, value, property.embedded)?),
                    None if whole && name == "metadata" => (name.clone(), metadata(value)),
                    None if whole && (name == "apiVersion" || name == "kind") => (name.clone(), plain(value)),
                    None => (name.clone(), self::value(schema.values()?, value, false)?),
                };
                Some((Key::String(Arc::new(key)), cel))
            });
            Cel::Map(Map { map: Arc::new(fields.collect()) })
        }
    })
}

/// Rules see the name and the generateName of an object, and no more of its metadata.
fn metadata(value: &Value) -> Cel {
    let names = ["name", "generateName"].into_iter().filter_map(|key| Some((key, value.get(key)?)));
    Cel::Map(Map { map: Arc::new(names.map(|(key, value)| (Key::from(key), plain(value))).collect()) })
}

fn plain(value: &Value) -> Cel {
    value.as_str().map_or(Cel::Null, |text| Cel::String(Arc::new(text.to_owned())))
}

fn string(format: &str, text: &str) -> Option<Cel> {
    Some(match format {
        "duration" => Cel::Duration(chrono::Duration::nanoseconds(formats::duration(text)?)),
        "date-time" => Cel::Timestamp(chrono::DateTime::parse_from_rfc3339(text).ok()?),
        "date" => {
            let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Cel::Timestamp(date.and_hms_opt(0, 0, 0)?.and_utc().into())
        }
        "byte" => Cel::Bytes(Arc::new(formats::base64(text)?)),
        _ => Cel::String(Arc::new(text.to_owned())),
    })
}

/// CEL's reserved words (apiserver 1.35 cel/escaping.go).
const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The name of a field in CEL; none where it has no name there.
fn escape(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let fine = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(fine) {
        return None;
    }
    let underscores = name.replace("__", "\0");
    let dashes = underscores.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__");
    Some(dashes.replace('\0', "__underscores__"))
}
