//! A CEL expression and values with names -> what it yields: for rules that people write. Knows no schema: a value has the type
//! that it shows, and fields have their own names, as `object` has them in an admission policy without a schema.

use std::collections::BTreeSet;

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::Expr;
use kube_cel::cel::objects::Value as Cel;
use serde_json::Value;

use crate::verdict::cel;
use crate::verdict::celvalue;
use crate::verdict::cost::{self, Size};

/// An expression that was read.
#[derive(Debug)]
pub struct Expression {
    pub(crate) tree: IdedExpr,
    names: BTreeSet<String>,
}

/// A value as CEL has it, for several expressions.
#[derive(Clone)]
pub struct Given {
    value: Cel,
    size: Size,
}

impl Given {
    /// A value of JSON.
    ///
    /// # Errors
    /// A number that CEL does not have.
    pub fn new(value: &Value) -> Result<Self, String> {
        Ok(Self { value: celvalue::untyped(value)?, size: Size::of(value) })
    }
}

/// The value of a name.
pub type Named<'n> = dyn Fn(&str) -> Result<Given, String> + 'n;

impl Expression {
    /// Reads an expression that may use these names.
    ///
    /// # Errors
    /// It is no CEL, or uses what is not there.
    pub fn new(text: &str, known: &[&str]) -> Result<Self, String> {
        let expression = Self::of(cel::usable(text)?);
        match expression.names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(format!("there is no `{name}` here; there are {}", known.join(", "))),
            None => Ok(expression),
        }
    }

    /// Reads an expression of another program, which may use what is not there.
    ///
    /// # Errors
    /// What the parser says, in its words and lines.
    pub fn foreign(text: &str) -> Result<Self, String> {
        cel::parsed(text).map(Self::of)
    }

    fn of(mut tree: IdedExpr) -> Self {
        let mut names = BTreeSet::new();
        free(&mut tree, &mut Vec::new(), &mut names);
        Self { tree, names }
    }

    /// Whether it asks for nothing.
    pub fn is_closed(&self) -> bool {
        self.names.is_empty()
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
            let given = named(name)?;
            size = size.with(Some(given.size));
            context.add_variable_from_value(name, given.value);
        }
        if cost::bound(&self.tree, size) > cost::MAX_STEPS {
            return Err(format!("it may take more than {} steps on a value of this size", cost::MAX_STEPS));
        }
        cel::run(&self.tree, &context)
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
fn free(expression: &mut IdedExpr, bound: &mut Vec<String>, names: &mut BTreeSet<String>) {
    match &mut expression.expr {
        Expr::Ident(name) => {
            if !bound.contains(name) && !cel::TYPES.contains(&name.as_str()) {
                names.insert(name.clone());
            }
        }
        Expr::Call(call) if call.target.as_deref().is_some_and(|target| cel::is_library(target, &call.func_name)) => {
            call.args.iter_mut().for_each(|part| free(part, bound, names));
        }
        Expr::Comprehension(inner) => {
            free(&mut inner.iter_range, bound, names);
            free(&mut inner.accu_init, bound, names);
            let outside = bound.len();
            bound.extend([inner.iter_var.clone(), inner.accu_var.clone()].into_iter().chain(inner.iter_var2.clone()));
            for part in [&mut inner.loop_cond, &mut inner.loop_step, &mut inner.result] {
                free(part, bound, names);
            }
            bound.truncate(outside);
        }
        _ => cel::parts(expression).into_iter().for_each(|part| free(part, bound, names)),
    }
}
