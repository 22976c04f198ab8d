//! A CEL expression and the size of what it looks at -> an upper bound of the work, before any of it is done.
//!
//! The CEL crate cannot be stopped once it runs, and comprehensions multiply. The API server counts while it runs and
//! gives up after 1,000,000 units a rule (apiserver 1.35 apis/cel/config.go); this bound is looser, so that a rule that
//! the server still evaluates is evaluated here too.

use std::collections::BTreeMap;

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::{ComprehensionExpr, Expr, LiteralValue};
use serde_json::Value;

/// Most steps of one rule on one value; some seconds at the very worst.
pub const MAX_STEPS: f64 = 2e7;

/// Most that all expressions of one rule on one object are given, in values and bytes.
pub const MAX_GIVEN: f64 = 1e8;

/// How large a value may be: `len` at any level, `weight` in all (values and bytes of strings).
#[derive(Clone, Copy, Debug)]
pub struct Size {
    len: f64,
    weight: f64,
}

impl Size {
    const ONE: Size = Size { len: 1.0, weight: 1.0 };

    /// The size of a JSON value.
    pub fn of(value: &Value) -> Size {
        match value {
            Value::String(text) => Size { len: 1.0, weight: 1.0 + text.len() as f64 },
            Value::Array(items) => Size::all(items.len(), items.iter().map(Size::of)),
            Value::Object(map) => Size::all(map.len(), map.values().map(Size::of)),
            _ => Size::ONE,
        }
    }

    /// Values and bytes of strings, which CEL copies wherever an expression names the value.
    pub(crate) fn weight(self) -> f64 {
        self.weight
    }

    /// Of this and another value together.
    pub fn with(self, other: Option<Size>) -> Size {
        other.map_or(self, |other| Size { len: self.len.max(other.len), weight: self.weight + other.weight })
    }

    fn all(len: usize, parts: impl Iterator<Item = Size>) -> Size {
        let start = Size { len: len as f64, weight: 1.0 };
        parts.fold(start, |a, b| Size { len: a.len.max(b.len), weight: a.weight + b.weight })
    }
}

/// The most steps that the expression takes when `self` and `oldSelf` are of that size.
pub fn bound(expression: &IdedExpr, this: Size) -> f64 {
    let mut walk = Walk { this, vars: BTreeMap::new() };
    walk.see(expression).0
}

struct Walk<'a> {
    this: Size,
    /// The sizes of the variables of the comprehensions around.
    vars: BTreeMap<&'a str, Size>,
}

impl<'a> Walk<'a> {
    /// Steps, and the size of the result.
    fn see(&mut self, expression: &'a IdedExpr) -> (f64, Size) {
        match &expression.expr {
            Expr::Literal(LiteralValue::String(s)) => (1.0, Size { len: 1.0, weight: 1.0 + s.inner().len() as f64 }),
            Expr::Literal(_) | Expr::Unspecified | Expr::Struct(_) => (1.0, Size::ONE),
            Expr::Ident(name) => (1.0, self.vars.get(name.as_str()).copied().unwrap_or(self.this)),
            Expr::Select(select) => {
                let (steps, size) = self.see(&select.operand);
                (steps + 1.0, size)
            }
            Expr::List(list) => self.all(list.elements.iter()),
            Expr::Map(map) => {
                use kube_cel::cel::common::ast::EntryExpr::{MapEntry, StructField};
                let values = map.entries.iter().flat_map(|entry| match &entry.expr {
                    MapEntry(entry) => vec![&entry.key, &entry.value],
                    StructField(field) => vec![&field.value],
                });
                self.all(values)
            }
            Expr::Call(call) => {
                let (steps, size) = self.all(call.target.as_deref().into_iter().chain(&call.args));
                match call.func_name.as_str() {
                    // Yields an item or a truth, at the cost of what it looks at.
                    "_[_]" | "_?._" | "_[?_]" => (steps, size),
                    "_&&_" | "_||_" | "!_" | "size" => (steps, Size::ONE),
                    "lists.range" | "range" => (f64::INFINITY, size),
                    "replace" | "join" => {
                        let weight = size.weight * size.weight;
                        (steps + weight / 64.0, Size { len: weight, weight })
                    }
                    // A list may be as long as its parts together.
                    "_+_" | "split" | "flatten" | "findAll" | "slice" | "sort" | "distinct" | "reverse" => {
                        (steps + size.weight, Size { len: size.weight, weight: size.weight })
                    }
                    _ => (steps + size.weight / 64.0, size),
                }
            }
            Expr::Comprehension(inner) => self.comprehension(inner),
        }
    }

    fn all(&mut self, parts: impl Iterator<Item = &'a IdedExpr>) -> (f64, Size) {
        let seen: Vec<(f64, Size)> = parts.map(|part| self.see(part)).collect();
        let steps = 1.0 + seen.iter().map(|(steps, _)| steps).sum::<f64>();
        (steps, Size::all(seen.len(), seen.into_iter().map(|(_, size)| size)))
    }

    fn comprehension(&mut self, inner: &'a ComprehensionExpr) -> (f64, Size) {
        let (before, range) = self.see(&inner.iter_range);
        let shadowed = self.vars.insert(&inner.iter_var, range);
        self.vars.insert(&inner.accu_var, Size::ONE);
        let (step, each) = self.see(&inner.loop_step);
        let (condition, _) = self.see(&inner.loop_cond);
        let (after, _) = self.see(&inner.result);
        match shadowed {
            Some(size) => self.vars.insert(&inner.iter_var, size),
            None => self.vars.remove(inner.iter_var.as_str()),
        };
        let lists = matches!(inner.accu_init.expr, Expr::List(_));
        let result = match lists {
            true => Size { len: range.len.max(each.len), weight: 1.0 + range.len * each.weight },
            false => Size::ONE,
        };
        // A list that grows is copied at each step.
        let copies = if lists { range.len * result.weight.min(range.len * each.weight) / 16.0 } else { 0.0 };
        (before + after + range.len * (step + condition) + copies, result)
    }
}
