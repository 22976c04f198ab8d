//! One CEL rule of a schema and a value -> whether the rule holds. The only module that knows the CEL crate.
//!
//! Values enter CEL as the API server brings them in (apiserver 1.35 cel/common/valuesunstructured.go): typed by their
//! schema, fields under their escaped names, undeclared fields invisible.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock, RwLock};

use kube_cel::KubeCelExt;
use kube_cel::cel::common::ast::{EntryExpr, Expr};
use kube_cel::cel::extractors::This;
use kube_cel::cel::objects::{Key, Map, OptionalValue, Value as Cel};
use kube_cel::cel::{Context, ExecutionError, IdedExpr, Program};
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::cost::{self, Size};
use crate::formats;
use crate::pattern;
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

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// A value that rules are evaluated on, with the one before it.
pub struct Scope {
    size: Size,
    old: bool,
    plain: Context<'static>,
    /// With `oldSelf` as an optional.
    optional: Context<'static>,
}

impl Scope {
    /// The scope of a value; none where CEL cannot type it.
    pub fn new(schema: &Structural, value: &Value, old: Option<&Value>, whole: bool) -> Option<Scope> {
        let this = self::value(schema, value, whole)?;
        let before = old.and_then(|old| self::value(schema, old, whole));
        let scope = |old: Option<Cel>| {
            let mut context = FUNCTIONS.new_inner_scope();
            context.add_variable_from_value("self", this.clone());
            old.into_iter().for_each(|old| context.add_variable_from_value("oldSelf", old));
            context
        };
        let optional = before.clone().map_or_else(OptionalValue::none, OptionalValue::of);
        Some(Scope {
            size: Size::of(value).with(old.map(Size::of)),
            old: before.is_some(),
            plain: scope(before),
            optional: if schema.rules.iter().any(|r| r.optional_old_self) {
                scope(Some(Cel::Opaque(Arc::new(optional))))
            } else {
                FUNCTIONS.new_inner_scope()
            },
        })
    }
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

    /// Evaluates the rule.
    pub fn answer(&self, scope: &Scope) -> Answer {
        let compiled = match self.compiled() {
            Ok(compiled) => compiled,
            Err(why) => return Answer::Broken(why.clone()),
        };
        if compiled.transition && !scope.old && !self.optional_old_self {
            return Answer::Skipped;
        }
        if cost::bound(compiled.program.expression(), scope.size) > cost::MAX_STEPS {
            return Answer::Broken(format!("it may take more than {} steps on a value of this size", cost::MAX_STEPS));
        }
        let context = if self.optional_old_self { &scope.optional } else { &scope.plain };
        match compiled.program.execute(context) {
            Ok(Cel::Bool(true)) => Answer::Holds,
            Ok(Cel::Bool(false)) => Answer::Fails(self.says(compiled, context)),
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
    let program = |text: &str| {
        let program =
            Program::compile(text).map_err(|e| e.to_string().lines().next().unwrap_or_default().to_owned())?;
        unknown(program.expression()).map_or(Ok(program), Err)
    };
    let compiled = program(&rule.rule)?;
    let transition = compiled.references().has_variable("oldSelf");
    let message = match rule.message_expression.as_str() {
        "" => None,
        text => Some(program(text)?),
    };
    Ok(Compiled { program: compiled, message, transition })
}

/// True for an expression of CEL, as far as its syntax goes.
pub fn parses(text: &str) -> bool {
    Program::compile(text).is_ok()
}

/// What an expression uses that we cannot evaluate.
fn unknown(expression: &IdedExpr) -> Option<String> {
    let all = |parts: &[&IdedExpr]| parts.iter().find_map(|part| unknown(part));
    match &expression.expr {
        Expr::Struct(made) => Some(format!("`{}{{...}}` makes a message, which CRDs do not have", made.type_name)),
        Expr::Unspecified => Some("a part of it is empty".into()),
        Expr::Literal(_) | Expr::Ident(_) => None,
        Expr::Select(select) => unknown(&select.operand),
        Expr::List(list) => list.elements.iter().find_map(unknown),
        Expr::Map(map) => map.entries.iter().find_map(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => unknown(&entry.key).or_else(|| unknown(&entry.value)),
            EntryExpr::StructField(field) => unknown(&field.value),
        }),
        Expr::Comprehension(inner) => {
            all(&[&inner.iter_range, &inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result])
        }
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            let qualified = match call.target.as_deref().map(|target| &target.expr) {
                Some(Expr::Ident(prefix)) => KNOWN.contains(&format!("{prefix}.{name}").as_str()),
                _ => false,
            };
            let operator = name.starts_with(['_', '-', '!', '@']);
            if !operator && !qualified && !KNOWN.contains(&name) {
                return Some(format!("the function `{name}` is not known here"));
            }
            let target = call.target.as_deref().filter(|_| !qualified);
            target.into_iter().chain(&call.args).find_map(unknown)
        }
    }
}

/// The functions that the CEL crates have, besides operators and macros.
const KNOWN: [&str; 138] = [
    "add",
    "asApproximateFloat",
    "asInteger",
    "base64.decode",
    "base64.encode",
    "bytes",
    "charAt",
    "cidr",
    "compareTo",
    "contains",
    "containsCIDR",
    "containsIP",
    "distinct",
    "double",
    "duration",
    "endsWith",
    "family",
    "find",
    "findAll",
    "first",
    "flatten",
    "format",
    "format.byte",
    "format.date",
    "format.datetime",
    "format.dns1035Label",
    "format.dns1035LabelPrefix",
    "format.dns1123Label",
    "format.dns1123LabelPrefix",
    "format.dns1123Subdomain",
    "format.dns1123SubdomainPrefix",
    "format.labelValue",
    "format.named",
    "format.qualifiedName",
    "format.uri",
    "format.uuid",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getEscapedPath",
    "getFullYear",
    "getHost",
    "getHostname",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getPort",
    "getQuery",
    "getScheme",
    "getSeconds",
    "hasValue",
    "indexOf",
    "int",
    "ip",
    "ip.isCanonical",
    "isCIDR",
    "isCIDRv4",
    "isCIDRv6",
    "isGlobalUnicast",
    "isGreaterThan",
    "isIP",
    "isIPv4",
    "isIPv6",
    "isInteger",
    "isLessThan",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isLoopback",
    "isQuantity",
    "isSemver",
    "isSorted",
    "isURL",
    "isUnspecified",
    "join",
    "jsonpatch.escapeKey",
    "last",
    "lastIndexOf",
    "lists.range",
    "lowerAscii",
    "major",
    "masked",
    "matches",
    "math.abs",
    "math.bitAnd",
    "math.bitNot",
    "math.bitOr",
    "math.bitShiftLeft",
    "math.bitShiftRight",
    "math.bitXor",
    "math.ceil",
    "math.floor",
    "math.greatest",
    "math.isFinite",
    "math.isInf",
    "math.isNaN",
    "math.least",
    "math.round",
    "math.sign",
    "math.sqrt",
    "math.trunc",
    "max",
    "min",
    "minor",
    "optional.none",
    "optional.of",
    "optional.ofNonZeroValue",
    "or",
    "orValue",
    "patch",
    "prefixLength",
    "quantity",
    "replace",
    "reverse",
    "semver",
    "sets.contains",
    "sets.equivalent",
    "sets.intersects",
    "sign",
    "size",
    "slice",
    "sort",
    "split",
    "startsWith",
    "string",
    "strings.quote",
    "sub",
    "substring",
    "sum",
    "timestamp",
    "trim",
    "type",
    "uint",
    "upperAscii",
    "url",
    "validate",
    "value",
];

static FUNCTIONS: LazyLock<Context<'static>> = LazyLock::new(|| {
    let mut context = Context::default().with_all();
    context.add_function("matches", |This(text): This<Arc<String>>, pattern: Arc<String>| {
        matches(&text, &pattern).map_err(|why| ExecutionError::function_error("matches", why))
    });
    // In characters, as Kubernetes counts; the crate counts bytes.
    context.add_function("size", |This(value): This<Cel>| match value {
        Cel::String(text) => Ok(text.chars().count() as i64),
        Cel::List(list) => Ok(list.len() as i64),
        Cel::Map(map) => Ok(map.map.len() as i64),
        Cel::Bytes(bytes) => Ok(bytes.len() as i64),
        other => Err(ExecutionError::function_error("size", format!("a {} has no size", other.type_of()))),
    });
    // A type is its name, so that `type(self) == int` compares two names.
    context.add_function("type", |value: Cel| value.type_of().to_string().replace("float", "double"));
    for name in ["int", "uint", "double", "bool", "string", "bytes", "list", "map"] {
        context.add_variable_from_value(name, name);
    }
    context
});

/// The function of CEL, with patterns as Go reads them, each compiled once.
fn matches(text: &str, pattern: &str) -> Result<bool, String> {
    static SEEN: LazyLock<RwLock<BTreeMap<String, Result<Regex, String>>>> = LazyLock::new(RwLock::default);
    const MOST: usize = 1_000; // patterns are few, but a rule may take them from the object
    if let Some(regex) = SEEN.read().expect("nobody panics while holding it").get(pattern) {
        return regex.as_ref().map(|r| r.is_match(text)).map_err(String::clone);
    }
    let regex = pattern::compile(pattern);
    let answer = regex.as_ref().map(|r| r.is_match(text)).map_err(String::clone);
    let mut seen = SEEN.write().expect("nobody panics while holding it");
    if seen.len() < MOST {
        seen.insert(pattern.to_owned(), regex);
    }
    answer
}

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
                    _ if whole && name == "metadata" => (name.clone(), metadata(value)),
                    _ if whole && (name == "apiVersion" || name == "kind") => (name.clone(), plain(value)),
                    Some(property) => (escape(name)?, self::value(property, value, property.embedded)?),
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
