//! A CEL expression and values with names -> what it yields: for rules that people write. Knows no schema: a value has the type
//! that it shows, and fields have their own names, as `object` has them in an admission policy without a schema.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use kube_cel::cel::common::ast::Expr;
use kube_cel::cel::objects::Value as Cel;
use kube_cel::cel::{Context, IdedExpr};
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

/// A value as CEL has it.
#[derive(Clone)]
pub struct Given {
    value: Cel,
    size: Size,
    /// What tells it from other values of its name, where several expressions ask for it.
    shared: Option<u64>,
}

impl Given {
    /// A value of JSON.
    ///
    /// # Errors
    /// A number that CEL does not have.
    pub fn new(value: &Value) -> Result<Self, String> {
        Ok(Self { value: celvalue::untyped(value)?, size: Size::of(value), shared: None })
    }

    /// The same for several expressions; no other value of its name has that number.
    pub fn shared(self, number: u64) -> Self {
        Self { shared: Some(number), ..self }
    }
}

/// Values of names that several expressions ask for, taken in when the first one does: CEL copies all of what it is given (cel
/// 0.13, `Context::add_variable_from_value`), which thousands of expressions about one list would pay each.
pub struct Shared {
    context: Context<'static>,
    numbers: BTreeMap<String, u64>,
    /// What expressions were given so far: thousands of items may each be held against all others.
    given: f64,
}

impl Default for Shared {
    fn default() -> Self {
        Self { context: cel::FUNCTIONS.new_inner_scope(), numbers: BTreeMap::new(), given: 0.0 }
    }
}

impl Shared {
    fn take(&mut self, name: &str, number: u64, value: Cel) {
        if self.numbers.insert(name.to_owned(), number) != Some(number) {
            self.context.add_variable_from_value(name, value);
        }
    }
}

/// What names mean.
pub struct Named<'n> {
    /// The value of a name.
    pub value: &'n dyn Fn(&str) -> Result<Given, String>,
    /// Those that several expressions ask for.
    pub shared: &'n RefCell<Shared>,
}

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
        let mut shared = named.shared.borrow_mut();
        let (mut size, mut own) = (Size::of(&Value::Null), Vec::new());
        for name in &self.names {
            let Given { value, size: more, shared: number } = (named.value)(name)?;
            size = size.with(Some(more));
            match number {
                Some(number) => shared.take(name, number, value),
                None => own.push((name, value)),
            }
        }
        shared.given += size.weight();
        let mut context = shared.context.new_inner_scope();
        own.into_iter().for_each(|(name, value)| context.add_variable_from_value(name, value));
        if shared.given > cost::MAX_GIVEN || cost::bound(&self.tree, size) > cost::MAX_STEPS {
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
