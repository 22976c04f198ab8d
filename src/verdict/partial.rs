//! A CEL expression of another program, of whose input only a part is known -> what it reads, and what it yields as far as that
//! can be told.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use kube_cel::cel::common::ast::{EntryExpr, Expr, LiteralValue};
use kube_cel::cel::objects::{Key, Map, Value as Cel};
use kube_cel::cel::{Context, ExecutionError, FunctionContext, IdedExpr};
use serde_json::Value;

use crate::verdict::cel::{guarded, library, parts};
use crate::verdict::celvalue;
use crate::verdict::cost::{self, Size};
use crate::verdict::expression::Expression;

/// What an expression yields.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This text.
    Text(String),
    /// Something else, or nothing: a key is not there.
    NoText,
    /// What that is depends on what is not known.
    Unknown,
}

impl Expression {
    /// The same with a variable in each place that reads this path, as `json(request.body).model`; it has the path's name.
    pub fn with_variable(mut self, path: &str) -> Self {
        each(&mut self.tree, &mut |part| {
            if self::path(part).as_deref() == Some(path) {
                part.expr = Expr::Ident(path.to_owned());
            }
        });
        self
    }

    /// The texts that are keys of its maps.
    pub fn keys(&mut self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        each(&mut self.tree, &mut |part| {
            let Expr::Map(map) = &part.expr else { return };
            keys.extend(map.entries.iter().filter_map(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => text(&entry.key).map(str::to_owned),
                EntryExpr::StructField(_) => None,
            }));
        });
        keys
    }

    /// The path and the text, where it says that these are equal and nothing else.
    pub fn equality(&self) -> Option<(String, &str)> {
        let Expr::Call(call) = &self.tree.expr else { return None };
        match &call.args[..] {
            [a, b] if call.func_name == "_==_" => Some((path(a).or_else(|| path(b))?, text(b).or_else(|| text(a))?)),
            _ => None,
        }
    }

    /// What it yields where a variable has this value and no other variable is known.
    pub fn outcome(&self, variable: &str, value: &str) -> Outcome {
        if cost::bound(&self.tree, Size::of(&Value::from(value))) > cost::MAX_STEPS {
            return Outcome::Unknown;
        }
        let mut context = FUNCTIONS.new_inner_scope();
        context.add_variable_from_value(variable, value);
        match guarded(|| Cel::resolve(&self.tree, &context)) {
            Some(Ok(Cel::String(text))) => Outcome::Text(text.to_string()),
            Some(Err(ExecutionError::NoSuchKey(_)) | Ok(Cel::Map(_) | Cel::List(_) | Cel::Bool(_))) => Outcome::NoText,
            _ => Outcome::Unknown,
        }
    }

    /// The paths that it reads, as far as names lead: `json(request.body).model`, and `json(request.body)` where all of it is
    /// taken.
    pub fn reads(&mut self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        read(&mut self.tree, &mut paths);
        paths
    }

    /// Whether agentgateway takes a condition for true, of a request with this body: one that fails, or yields no truth, does not
    /// hold (its http/authorization.rs). `None` where it asks for more than is known here.
    pub fn holds(&self, method: &str, path: &str, body: &str) -> Option<bool> {
        if cost::bound(&self.tree, Size::of(&Value::from(body))) > cost::MAX_STEPS {
            return None;
        }
        let body = Cel::Bytes(Arc::new(body.as_bytes().to_vec()));
        let fields = [("method", Cel::from(method)), ("path", Cel::from(path)), ("body", body)];
        let mut context = FUNCTIONS.new_inner_scope();
        let request = Map { map: Arc::new(fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()) };
        context.add_variable_from_value("request", Cel::Map(request));
        match guarded(|| Cel::resolve(&self.tree, &context))? {
            Ok(value) => Some(matches!(value, Cel::Bool(true))),
            Err(ExecutionError::UndeclaredReference(_)) => None,
            Err(_) => Some(false),
        }
    }
}

/// Those of Kubernetes, and of agentgateway's own the one for a body and the one for keys that may not be there.
static FUNCTIONS: LazyLock<Context<'static>> = LazyLock::new(|| {
    let mut context = library();
    context.add_function("default", default);
    context.add_function("json", json);
    context
});

/// The value of a JSON text; of a name that stands twice, the last value.
fn json(text: Cel) -> Result<Cel, ExecutionError> {
    let failed = |why: String| ExecutionError::function_error("json", why);
    let value: Result<Value, _> = match &text {
        Cel::String(text) => serde_json::from_str(text),
        Cel::Bytes(bytes) => serde_json::from_slice(bytes),
        other => return Err(failed(format!("a {} is no text", other.type_of()))),
    };
    celvalue::untyped(&value.map_err(|why| failed(why.to_string()))?).map_err(failed)
}

fn default(call: &FunctionContext<'_, '_>) -> Result<Cel, ExecutionError> {
    let [first, second] = call.args else {
        return Err(ExecutionError::invalid_argument_count(2, call.args.len()));
    };
    match Cel::resolve(first, call.ptx) {
        Ok(Cel::Null) | Err(ExecutionError::NoSuchKey(_)) => Cel::resolve(second, call.ptx),
        other => other,
    }
}

/// Visits an expression and its parts, the larger first.
fn each(expression: &mut IdedExpr, visit: &mut impl FnMut(&mut IdedExpr)) {
    visit(expression);
    parts(expression).into_iter().for_each(|part| each(part, visit));
}

fn read(expression: &mut IdedExpr, paths: &mut BTreeSet<String>) {
    match path(expression) {
        Some(path) => {
            paths.insert(path);
        }
        None => parts(expression).into_iter().for_each(|part| read(part, paths)),
    }
}

/// What an expression reads, with dots: `json(request.body).model` for `json(request.body)["model"]` too.
fn path(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!("{}.{}", path(&select.operand)?, select.field)),
        Expr::Call(call) => match (&call.target, &call.args[..]) {
            (None, [of, key]) if call.func_name == "_[_]" => Some(format!("{}.{}", path(of)?, text(key)?)),
            (None, [of]) => Some(format!("{}({})", call.func_name, path(of)?)),
            _ => None,
        },
        _ => None,
    }
}

fn text(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}
