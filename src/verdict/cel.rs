//! One CEL rule and a value -> whether the rule holds. Knows no schema.
//!
//! The CEL crates differ from Kubernetes in what is repaired here: the size of a string, patterns, `type`, and how much
//! work a rule may be.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, LazyLock, OnceLock, RwLock};

use kube_cel::KubeCelExt;
use kube_cel::cel::common::ast::{EntryExpr, Expr};
use kube_cel::cel::extractors::This;
use kube_cel::cel::objects::{OptionalValue, Value as Cel};
use kube_cel::cel::parser::Parser;
use kube_cel::cel::{Context, ExecutionError, IdedExpr};
use regex::Regex;
use serde::Deserialize;

use crate::verdict::cost::{self, Size};
use crate::verdict::pattern;

/// Longest expression, in bytes.
pub const MAX_RULE: usize = 60_000;

/// Deepest nesting of an expression, as cel-go has it; the parser takes time by the square of it.
pub const MAX_NESTING: usize = 250;

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
    rule: IdedExpr,
    message: Option<IdedExpr>,
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
    /// The scope of a value and the one before it, both together of that size.
    pub fn new(this: Cel, old: Option<Cel>, size: Size) -> Scope {
        let scope = |old: Option<Cel>| {
            let mut context = FUNCTIONS.new_inner_scope();
            context.add_variable_from_value("self", this.clone());
            old.into_iter().for_each(|old| context.add_variable_from_value("oldSelf", old));
            context
        };
        let optional = old.clone().map_or_else(OptionalValue::none, OptionalValue::of);
        Scope { size, old: old.is_some(), optional: scope(Some(Cel::Opaque(Arc::new(optional)))), plain: scope(old) }
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
        if cost::bound(&compiled.rule, scope.size) > cost::MAX_STEPS {
            return Answer::Broken(format!("it may take more than {} steps on a value of this size", cost::MAX_STEPS));
        }
        let context = if self.optional_old_self { &scope.optional } else { &scope.plain };
        match run(&compiled.rule, context) {
            Ok(Cel::Bool(true)) => Answer::Holds,
            Ok(Cel::Bool(false)) => Answer::Fails(self.says(compiled, scope, context)),
            Ok(_) => Answer::Broken("it yields neither true nor false".into()),
            Err(why) => Answer::Broken(why),
        }
    }

    fn says(&self, compiled: &Compiled, scope: &Scope, context: &Context<'_>) -> String {
        let short = |message: &&IdedExpr| cost::bound(message, scope.size) <= cost::MAX_STEPS;
        let told = compiled.message.as_ref().filter(short).and_then(|message| match run(message, context) {
            Ok(Cel::String(text)) => Some(text.trim().to_owned()).filter(|t| !t.is_empty() && !t.contains('\n')),
            _ => None,
        });
        told.unwrap_or_else(|| match self.message.trim() {
            "" => format!("failed rule: {}", self.rule.trim()),
            message => message.to_owned(),
        })
    }
}

thread_local! {
    static EVALUATING: Cell<bool> = const { Cell::new(false) };
}

/// True while this thread evaluates a rule: a panic then is the rule's mistake, and caught.
pub fn evaluating() -> bool {
    EVALUATING.get()
}

/// Compiles or evaluates a rule; `None` when the CEL crates panic. They do so where CEL itself has an error: on some texts that
/// are no expressions (cel 0.13), on a sum, a product or a negation beyond 64 bits, and on the precision of `format` (kube-cel 0.8).
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = EVALUATING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    EVALUATING.set(before);
    result.ok()
}

/// What an expression yields.
pub(crate) fn run(expression: &IdedExpr, context: &Context<'_>) -> Result<Cel, String> {
    let too_large = || Err("a number in it grows too large".into());
    guarded(|| Cel::resolve(expression, context)).map_or_else(too_large, |result| result.map_err(|e| e.to_string()))
}

/// Parses an expression, or says why that cannot be: in many lines, where the parser says it.
pub(crate) fn parsed(text: &str) -> Result<IdedExpr, String> {
    if text.len() > MAX_RULE {
        return Err(format!("it has {} bytes; {MAX_RULE} are the most", text.len()));
    }
    if nesting(text) > MAX_NESTING {
        return Err(format!("it nests deeper than {MAX_NESTING} levels"));
    }
    let parsed = guarded(|| Parser::default().parse(text).map_err(|e| e.to_string()));
    parsed.unwrap_or_else(|| Err("it cannot be parsed".into()))
}

/// An expression that uses nothing which cannot be evaluated.
pub(crate) fn usable(text: &str) -> Result<IdedExpr, String> {
    let mut expression = parsed(text).map_err(|why| why.lines().next().unwrap_or_default().to_owned())?;
    unknown(&mut expression).map_or(Ok(expression), Err)
}

fn compile(rule: &Rule) -> Result<Compiled, String> {
    let compiled = usable(&rule.rule)?;
    let transition = compiled.references().has_variable("oldSelf");
    let message = match rule.message_expression.as_str() {
        "" => None,
        text => Some(usable(text)?),
    };
    Ok(Compiled { rule: compiled, message, transition })
}

/// How deep brackets stand in each other, or open and never close, with the `!` and `-` before them; those in strings count too.
fn nesting(text: &str) -> usize {
    let (mut open, mut signs, mut deepest) = (0_usize, 0, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        signs = if matches!(c, '!' | '-') { signs + 1 } else { 0 };
        deepest = deepest.max(open + signs);
    }
    deepest
}

/// What an expression uses that we cannot evaluate.
fn unknown(expression: &mut IdedExpr) -> Option<String> {
    match &mut expression.expr {
        Expr::Struct(made) => {
            return Some(format!("`{}{{...}}` makes a message, which CRDs do not have", made.type_name));
        }
        Expr::Unspecified => return Some("a part of it is empty".into()),
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            let qualified = call.target.as_deref().is_some_and(|target| is_library(target, name));
            let operator = name.starts_with(['_', '-', '!', '@']);
            if !operator && !qualified && !is_known(name) {
                return Some(format!("the function `{name}` is not known here"));
            }
        }
        _ => {}
    }
    parts(expression).into_iter().find_map(unknown)
}

/// The expressions that an expression is made of.
pub(crate) fn parts(expression: &mut IdedExpr) -> Vec<&mut IdedExpr> {
    match &mut expression.expr {
        Expr::Literal(_) | Expr::Ident(_) | Expr::Unspecified | Expr::Struct(_) => Vec::new(),
        Expr::Select(select) => vec![&mut select.operand],
        Expr::List(list) => list.elements.iter_mut().collect(),
        Expr::Map(map) => map.entries.iter_mut().flat_map(|entry| entry_parts(&mut entry.expr)).collect(),
        Expr::Call(call) => call.target.as_deref_mut().into_iter().chain(&mut call.args).collect(),
        Expr::Comprehension(inner) => vec![
            &mut inner.iter_range,
            &mut inner.accu_init,
            &mut inner.loop_cond,
            &mut inner.loop_step,
            &mut inner.result,
        ],
    }
}

fn entry_parts(entry: &mut EntryExpr) -> Vec<&mut IdedExpr> {
    match entry {
        EntryExpr::MapEntry(entry) => vec![&mut entry.key, &mut entry.value],
        EntryExpr::StructField(field) => vec![&mut field.value],
    }
}

/// The functions that the CEL crates have, besides operators and macros.
const KNOWN: &str = "\
    add asApproximateFloat asInteger base64.decode base64.encode bytes charAt cidr compareTo contains containsCIDR \
    containsIP distinct double duration endsWith family find findAll first flatten format format.byte format.date \
    format.datetime format.dns1035Label format.dns1035LabelPrefix format.dns1123Label format.dns1123LabelPrefix \
    format.dns1123Subdomain format.dns1123SubdomainPrefix format.labelValue format.named format.qualifiedName \
    format.uri format.uuid getDate getDayOfMonth getDayOfWeek getDayOfYear getEscapedPath getFullYear getHost \
    getHostname getHours getMilliseconds getMinutes getMonth getPort getQuery getScheme getSeconds hasValue \
    indexOf int ip ip.isCanonical isCIDR isCIDRv4 isCIDRv6 isGlobalUnicast isGreaterThan isIP isIPv4 isIPv6 \
    isInteger isLessThan isLinkLocalMulticast isLinkLocalUnicast isLoopback isQuantity isSemver isSorted isURL \
    isUnspecified join jsonpatch.escapeKey last lastIndexOf lists.range lowerAscii major masked matches math.abs \
    math.bitAnd math.bitNot math.bitOr math.bitShiftLeft math.bitShiftRight math.bitXor math.ceil math.floor \
    math.greatest math.isFinite math.isInf math.isNaN math.least math.round math.sign math.sqrt math.trunc max min \
    minor optional.none optional.of optional.ofNonZeroValue or orValue patch prefixLength quantity replace reverse \
    semver sets.contains sets.equivalent sets.intersects sign size slice sort split startsWith string \
    strings.quote sub substring sum timestamp trim type uint upperAscii url validate value";

fn is_known(name: &str) -> bool {
    KNOWN.split_whitespace().any(|known| known == name)
}

/// Whether the target of a call is no value but the name of a library, as in `math.abs(x)`.
pub(crate) fn is_library(target: &IdedExpr, function: &str) -> bool {
    matches!(&target.expr, Expr::Ident(library) if is_known(&format!("{library}.{function}")))
}

/// Names of types, which are there beside the names of values.
pub(crate) const TYPES: [&str; 8] = ["int", "uint", "double", "bool", "string", "bytes", "list", "map"];

pub(crate) static FUNCTIONS: LazyLock<Context<'static>> = LazyLock::new(library);

/// The functions of Kubernetes.
pub(crate) fn library() -> Context<'static> {
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
    for name in TYPES {
        context.add_variable_from_value(name, name);
    }
    context
}

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
