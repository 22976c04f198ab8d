//! A CEL expression and values with names -> what it yields: for rules that people write. Knows no schema: a value has the type
//! that it shows, and fields have their own names, as `object` has them in an admission policy without a schema.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use kube_cel::cel::common::ast::{EntryExpr, Expr};
use kube_cel::cel::objects::Value as Cel;
use kube_cel::cel::{IdedExpr, Program};
use serde_json::Value;

use crate::verdict::cel;
use crate::verdict::celvalue;
use crate::verdict::cost::{self, Size};

/// An expression that was read.
pub struct Expression {
    program: Program,
    names: BTreeSet<String>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an expression of {:?}", self.names)
    }
}

/// The value of a name.
pub type Named<'n> = dyn Fn(&str) -> Cow<'n, Value> + 'n;

impl Expression {
    /// Reads an expression that may use these names.
    ///
    /// # Errors
    /// It is no CEL, or uses what is not there.
    pub fn new(text: &str, known: &[&str]) -> Result<Self, String> {
        let program = cel::program(text)?;
        let mut names = BTreeSet::new();
        free(program.expression(), &mut Vec::new(), &mut names);
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(format!("there is no `{name}` here; there are {}", known.join(", "))),
            None => Ok(Self { program, names }),
        }
    }

    /// Whether it asks for that name.
    pub fn asks(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// A truth.
    ///
    /// # Errors
    /// Why there is none.
    pub fn truth(&self, named: &Named<'_>) -> Result<bool, String> {
        match self.value(named)? {
            Cel::Bool(truth) => Ok(truth),
            other => Err(format!("it yields a {}, neither true nor false", other.type_of())),
        }
    }

    /// A text; items of a list stand beside each other.
    ///
    /// # Errors
    /// Why there is none.
    pub fn text(&self, named: &Named<'_>) -> Result<String, String> {
        shown(&self.value(named)?)
    }

    fn value(&self, named: &Named<'_>) -> Result<Cel, String> {
        let mut context = cel::FUNCTIONS.new_inner_scope();
        let mut size = Size::of(&Value::Null);
        for name in &self.names {
            let value = named(name);
            size = size.with(Some(Size::of(&value)));
            context.add_variable_from_value(name, celvalue::untyped(&value)?);
        }
        if cost::bound(self.program.expression(), size) > cost::MAX_STEPS {
            return Err(format!("it may take more than {} steps on a value of this size", cost::MAX_STEPS));
        }
        cel::run(&self.program, &context)
    }
}

fn shown(value: &Cel) -> Result<String, String> {
    Ok(match value {
        Cel::String(text) => text.to_string(),
        Cel::Bool(truth) => truth.to_string(),
        Cel::Int(n) => n.to_string(),
        Cel::UInt(n) => n.to_string(),
        Cel::Float(n) => n.to_string(),
        Cel::List(items) => items.iter().map(shown).collect::<Result<Vec<_>, _>>()?.join(", "),
        other => return Err(format!("it yields a {}, which is no text", other.type_of())),
    })
}

/// The names that an expression takes from outside.
fn free<'e>(expression: &'e IdedExpr, bound: &mut Vec<&'e str>, names: &mut BTreeSet<String>) {
    let mut all = |parts: &mut dyn Iterator<Item = &'e IdedExpr>| parts.for_each(|part| free(part, bound, names));
    match &expression.expr {
        Expr::Literal(_) | Expr::Unspecified | Expr::Struct(_) => {}
        Expr::Ident(name) => {
            if !bound.contains(&name.as_str()) && !cel::TYPES.contains(&name.as_str()) {
                names.insert(name.clone());
            }
        }
        Expr::Select(select) => free(&select.operand, bound, names),
        Expr::List(list) => all(&mut list.elements.iter()),
        Expr::Map(map) => all(&mut map.entries.iter().flat_map(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
            EntryExpr::StructField(field) => vec![&field.value],
        })),
        Expr::Call(call) => {
            let target = call.target.as_deref().filter(|target| !cel::is_library(target, &call.func_name));
            all(&mut target.into_iter().chain(&call.args));
        }
        Expr::Comprehension(inner) => {
            all(&mut [&inner.iter_range, &inner.accu_init].into_iter());
            let outside = bound.len();
            let second = inner.iter_var2.as_deref();
            bound.extend([inner.iter_var.as_str(), inner.accu_var.as_str()].into_iter().chain(second));
            for part in [&inner.loop_cond, &inner.loop_step, &inner.result] {
                free(part, bound, names);
            }
            bound.truncate(outside);
        }
    }
}
