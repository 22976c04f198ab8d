//! The value that a CEL expression of a PreRouting policy gives a header, for a model named in the request's body. Nothing
//! else of a request is known from the files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::verdict::expression;
use crate::verdict::partial::Outcome;

/// What a header carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// This value.
    Is(String),
    /// Nothing: a header whose expression fails, or yields no text, is removed (agentgateway).
    Absent,
    /// Something that cannot be told from the files.
    Unknown,
}

/// Where an expression finds the model.
const MODEL: &str = "json(request.body).model";

/// An expression for a header.
#[derive(Debug)]
pub struct Expression {
    /// None where it does not parse.
    parsed: Option<expression::Expression>,
    models: BTreeSet<String>,
    /// What its own models yield; routes ask for them again and again.
    known: OnceLock<BTreeMap<String, Carried>>,
}

impl Expression {
    /// Reads an expression; one that does not parse yields [`Carried::Unknown`] for all models.
    pub fn new(text: &str) -> Self {
        let mut parsed = expression::Expression::foreign(text).ok().map(|parsed| parsed.with_variable(MODEL));
        let models = parsed.as_mut().map(expression::Expression::keys).unwrap_or_default();
        Self { parsed, models, known: OnceLock::new() }
    }

    /// The value for a body that names that model.
    pub fn of(&self, model: &str) -> Carried {
        let all = || self.models.iter().map(|model| (model.clone(), self.evaluated(model))).collect();
        let known = self.known.get_or_init(all).get(model);
        known.cloned().unwrap_or_else(|| self.evaluated(model))
    }

    fn evaluated(&self, model: &str) -> Carried {
        match self.parsed.as_ref().map(|parsed| parsed.outcome(MODEL, model)) {
            Some(Outcome::Text(text)) => Carried::Is(text),
            Some(Outcome::NoText) => Carried::Absent,
            Some(Outcome::Unknown) | None => Carried::Unknown,
        }
    }

    /// The models that it knows by name, in order: the keys of its maps.
    pub fn models(&self) -> &BTreeSet<String> {
        &self.models
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_in_use() {
        let map = r#"{"a": "b", "c": "d"}"#;
        let is = |text: &str| Carried::Is(text.to_owned());
        for (text, model, carried) in [
            ("json(request.body).model", "x", is("x")),
            ("string(json(request.body).model)", "x", is("x")),
            ("json(request.body)['model']", "x", is("x")),
            (&format!("{map}[json(request.body).model]"), "a", is("b")),
            (&format!("{map}[json(request.body).model]"), "x", Carried::Absent),
            (&format!("default({map}[json(request.body).model], json(request.body).model)"), "x", is("x")),
            (&format!("json(request.body).model in {map} ? {map}[json(request.body).model] : \"z\""), "x", is("z")),
            (&format!("json(request.body).model in {map} ? {map}[json(request.body).model] : \"z\""), "c", is("d")),
            (r#"json(request.body).model == "a" ? 'it\'s' : "no""#, "a", is("it's")),
            ("\"fixed\"", "x", is("fixed")),
            ("my-name", "x", Carried::Unknown),
            ("json(request.body).model.replace('a', 'b')", "a", is("b")),
            ("'x-' + json(request.body).model.lowerAscii()", "A", is("x-a")),
            (&format!("has({map}.a) ? {map}.a : request.path"), "x", is("b")),
            ("json(request.body).model == 'a' ? 'b' : request.headers['x-model']", "a", is("b")),
            ("json(request.body).model == 'a' ? 'b' : request.headers['x-model']", "x", Carried::Unknown),
            ("default(json(request.body).user, json(request.body).model)", "x", Carried::Unknown),
            ("json(request.body).model in ['a']", "a", Carried::Absent),
            ("['a'].map(x, x + json(request.body).model)[0]", "b", is("ab")),
            ("uuid()", "a", Carried::Unknown),
            ("{\"a\": \"b\"", "a", Carried::Unknown),
            ("\"open", "a", Carried::Unknown),
            ("", "a", Carried::Unknown),
        ] {
            assert_eq!(Expression::new(text).of(model), carried, "{text} of {model}");
        }
        assert_eq!(
            Expression::new(&format!("{map}[json(request.body).model]")).models(),
            &["a", "c"].map(str::to_owned).into()
        );
    }
}
