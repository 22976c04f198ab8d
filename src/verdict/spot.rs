//! A value with the path that leads to it, for rules that are written by hand.

use serde_json::Value;

use crate::text::finding::Code;
use crate::verdict::names::{self, Syntax};
use crate::verdict::quantity;
use crate::verdict::violation::{Path, Violation, describe};

/// A value in an object; `null` where there is none.
#[derive(Clone, Copy)]
pub struct Spot<'a> {
    /// The value.
    pub value: &'a Value,
    /// Where it stands.
    pub path: Path<'a>,
}

static NOTHING: Value = Value::Null;

impl<'a> Spot<'a> {
    /// The object itself.
    pub fn root(object: &'a Value) -> Self {
        Spot { value: object, path: Path::ROOT }
    }

    /// The field of that name.
    pub fn at(&'a self, name: &'a str) -> Spot<'a> {
        Spot { value: self.value.get(name).unwrap_or(&NOTHING), path: self.path.key(name) }
    }

    /// The items of a list.
    pub fn items(&'a self) -> impl Iterator<Item = Spot<'a>> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(index, value)| Spot { value, path: self.path.index(index) })
    }

    /// The values of a map with their keys.
    pub fn entries(&'a self) -> impl Iterator<Item = (&'a str, Spot<'a>)> {
        let entries = self.value.as_object().into_iter().flatten();
        entries.map(|(key, value)| (key.as_str(), Spot { value, path: self.path.key(key) }))
    }

    /// True when there is a value.
    pub fn there(&self) -> bool {
        !self.value.is_null()
    }

    /// The text; empty where there is none.
    pub fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    /// The text of a field; empty where there is none.
    pub fn word(&self, name: &str) -> &'a str {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The integer; none where there is none.
    pub fn int(&self) -> Option<i64> {
        self.value.as_i64().or_else(|| self.value.as_f64().map(|f| f as i64))
    }

    /// The number of items or entries.
    pub fn len(&self) -> usize {
        self.value.as_array().map_or(0, Vec::len) + self.value.as_object().map_or(0, serde_json::Map::len)
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.text().is_empty()
    }

    /// A violation here.
    pub fn refuse(&self, message: impl Into<String>) -> Violation {
        Violation::new(Code::InvalidField, &self.path, message)
    }

    /// Refuses the value unless it has these fields, none of them empty.
    pub fn needs(&self, names: &[&str], out: &mut Vec<Violation>) {
        for name in names.iter().filter(|name| {
            let field = self.value.get(**name).unwrap_or(&NOTHING);
            Spot { value: field, path: self.path }.is_empty() && !field.is_number() && !field.is_boolean()
        }) {
            out.push(self.refuse(format!("`{}` needs `{name}`", self.path)));
        }
    }

    /// Refuses a text that breaks the syntax; none is fine.
    pub fn named(&self, syntax: Syntax, out: &mut Vec<Violation>) {
        let Some(text) = self.value.as_str() else { return };
        if let Some(words) = names::fault(syntax, text) {
            out.push(self.refuse(format!("`{}` cannot be `{text}`", self.path)).help(words));
        }
    }

    /// Refuses a number outside of the bounds; none is fine.
    pub fn within(&self, least: i64, most: i64, out: &mut Vec<Violation>) {
        if let Some(n) = self.int().filter(|n| *n < least || *n > most) {
            let wanted = match most {
                i64::MAX => format!("at least {least}"),
                _ => format!("from {least} to {most}"),
            };
            out.push(self.refuse(format!("`{}` is {n}, it must be {wanted}", self.path)));
        }
    }

    /// Refuses a text that is not in the list; none is fine.
    pub fn among(&self, choices: &[&str], out: &mut Vec<Violation>) {
        if let Some(text) = self.value.as_str().filter(|text| !choices.contains(text)) {
            let help = crate::text::schema::did_you_mean(text, choices);
            out.push(self.refuse(format!("`{}` cannot be `{text}`", self.path)).help(help));
        }
    }

    /// Refuses the value unless it has exactly one of the fields, or at most one when none is fine.
    pub fn exactly_one(&self, names: &[&str], none_is_fine: bool, out: &mut Vec<Violation>) {
        let given: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| self.value.get(*name).is_some_and(|v| !v.is_null() && v != "" && v != 0))
            .collect();
        if given.len() > 1 {
            out.push(self.refuse(format!("`{}` has {}, of which only one is allowed", self.path, given.join(" and "))));
        } else if given.is_empty() && !none_is_fine {
            out.push(self.refuse(format!("`{}` has none of {}, it needs exactly one", self.path, names.join(", "))));
        }
    }

    /// Refuses these fields where they are.
    pub fn forbids(&self, names: &[&str], why: &str, out: &mut Vec<Violation>) {
        for name in names.iter().filter(|name| self.value.get(**name).is_some_and(|v| !v.is_null())) {
            out.push(self.at(name).refuse(format!("`{}` cannot have `{name}`: {why}", self.path)));
        }
    }

    /// Refuses what is no port: a number from 1, or the name of one where that is allowed.
    pub fn port(&self, named: bool, out: &mut Vec<Violation>) {
        match self.value {
            Value::String(text) if named => {
                if names::fault(Syntax::PortName, text).is_some() {
                    out.push(
                        self.refuse(format!(
                            "`{}` is {text:?}, it must be the number or the name of a port",
                            self.path
                        )),
                    );
                }
            }
            _ => self.within(1, 65535, out),
        }
    }

    /// Refuses a number or a percentage that is negative or none; nothing is fine.
    pub fn share(&self, most_percent: i64, out: &mut Vec<Violation>) {
        let fits = match self.value {
            Value::String(text) => text
                .strip_suffix('%')
                .filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|digits| digits.parse::<i64>().ok())
                .is_some_and(|percent| percent <= most_percent),
            Value::Null => true,
            _ => self.int().is_some_and(|n| n >= 0),
        };
        if !fits {
            let message =
                format!("`{}` is {}, it must be a number from 0 or a percentage", self.path, describe(self.value));
            out.push(self.refuse(message));
        }
    }

    /// The amount in billionths, where the value is a quantity.
    pub fn quantity(&self) -> Option<i128> {
        quantity::of(self.value)
    }

    /// Refuses what stands twice among the texts.
    pub fn unique<'t>(spots: impl Iterator<Item = (Spot<'t>, String)>, what: &str, out: &mut Vec<Violation>) {
        let mut seen = std::collections::BTreeSet::new();
        for (spot, text) in spots.filter(|(_, text)| !text.is_empty()) {
            if !seen.insert(text.clone()) {
                out.push(spot.refuse(format!("`{}` has the {what} `{text}` of another", spot.path)));
            }
        }
    }
}
