//! The value that a CEL expression of a PreRouting policy gives a header, for a model named in the request's body. Evaluates
//! the forms in use (a name as it is, a map with a lookup, `default`, a condition); of any other it says that it does not know.

use std::collections::{BTreeMap, BTreeSet};

/// What a header carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// This value.
    Is(String),
    /// Nothing: a header whose expression fails is removed (agentgateway).
    Absent,
    /// Something that cannot be told from the files.
    Unknown,
}

/// A parsed expression.
#[derive(Clone, Debug)]
pub struct Expression(Term);

#[derive(Clone, Debug)]
enum Term {
    Text(String),
    Map(Vec<(Term, Term)>),
    /// `request`, `request.body`, the body as JSON.
    Request,
    Body,
    Json,
    Lookup(Box<Term>, Box<Term>),
    /// `string(x)`.
    ToText(Box<Term>),
    /// The first, or the second where it fails.
    Default(Box<Term>, Box<Term>),
    If(Box<[Term; 3]>),
    In(Box<Term>, Box<Term>),
    Equal(Box<Term>, Box<Term>),
    Unknown,
}

enum Meaning {
    Text(String),
    Map(BTreeMap<String, Meaning>),
    Json,
    Truth(bool),
    Failed,
    Unknown,
}

impl Expression {
    /// Reads an expression; one of a form that is not evaluated here yields [`Carried::Unknown`] for all models.
    pub fn new(text: &str) -> Self {
        if deep(text) {
            return Self(Term::Unknown);
        }
        let mut reader = Reader { rest: text };
        let term = reader.expression();
        Self(if reader.rest.trim().is_empty() { term } else { Term::Unknown })
    }

    /// The value for a body that names that model.
    pub fn of(&self, model: &str) -> Carried {
        match meaning(&self.0, model) {
            Meaning::Text(text) => Carried::Is(text),
            Meaning::Failed | Meaning::Map(_) | Meaning::Json | Meaning::Truth(_) => Carried::Absent,
            Meaning::Unknown => Carried::Unknown,
        }
    }

    /// The models that it knows by name, in order: the keys of its maps.
    pub fn models(&self) -> BTreeSet<&str> {
        let mut models = BTreeSet::new();
        keys(&self.0, &mut models);
        models
    }
}

/// More than anybody writes, and perhaps more than the stack holds.
fn deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.chars().any(|c| {
        match c {
            '(' | '[' | '{' | '?' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 64
    })
}

fn keys<'a>(term: &'a Term, found: &mut BTreeSet<&'a str>) {
    match term {
        Term::Map(entries) => found.extend(entries.iter().filter_map(|(key, _)| match key {
            Term::Text(text) => Some(text.as_str()),
            _ => None,
        })),
        Term::Lookup(a, b) | Term::Default(a, b) | Term::In(a, b) | Term::Equal(a, b) => {
            keys(a, found);
            keys(b, found);
        }
        Term::ToText(inner) => keys(inner, found),
        Term::If(terms) => terms.iter().for_each(|t| keys(t, found)),
        Term::Text(_) | Term::Request | Term::Body | Term::Json | Term::Unknown => {}
    }
}

fn meaning(term: &Term, model: &str) -> Meaning {
    let of = |term| meaning(term, model);
    match term {
        Term::Text(text) => Meaning::Text(text.clone()),
        Term::Map(entries) => {
            let mut map = BTreeMap::new();
            for (key, value) in entries {
                let Meaning::Text(key) = of(key) else { return Meaning::Unknown };
                map.insert(key, of(value));
            }
            Meaning::Map(map)
        }
        Term::Json => Meaning::Json,
        Term::Lookup(map, key) => match (of(map), of(key)) {
            (Meaning::Map(mut map), Meaning::Text(key)) => map.remove(&key).unwrap_or(Meaning::Failed),
            (Meaning::Json, Meaning::Text(key)) if key == "model" => Meaning::Text(model.to_owned()),
            (Meaning::Failed, _) | (Meaning::Map(_), Meaning::Failed) => Meaning::Failed,
            _ => Meaning::Unknown,
        },
        Term::ToText(inner) => match of(inner) {
            Meaning::Text(text) => Meaning::Text(text),
            Meaning::Failed => Meaning::Failed,
            _ => Meaning::Unknown,
        },
        Term::Default(first, second) => match of(first) {
            Meaning::Failed => of(second),
            other => other,
        },
        Term::If(terms) => match of(&terms[0]) {
            Meaning::Truth(true) => of(&terms[1]),
            Meaning::Truth(false) => of(&terms[2]),
            Meaning::Failed => Meaning::Failed,
            _ => Meaning::Unknown,
        },
        Term::In(item, all) => match (of(item), of(all)) {
            (Meaning::Text(item), Meaning::Map(map)) => Meaning::Truth(map.contains_key(&item)),
            _ => Meaning::Unknown,
        },
        Term::Equal(a, b) => match (of(a), of(b)) {
            (Meaning::Text(a), Meaning::Text(b)) => Meaning::Truth(a == b),
            _ => Meaning::Unknown,
        },
        Term::Request | Term::Body | Term::Unknown => Meaning::Unknown,
    }
}

/// Recursive descent; whatever it does not know becomes [`Term::Unknown`] or stays as rest, which is the same.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, token: &str) -> bool {
        let left = self.rest.trim_start().strip_prefix(token);
        self.rest = left.unwrap_or(self.rest);
        left.is_some()
    }

    fn expression(&mut self) -> Term {
        let test = self.comparison();
        if !self.eat("?") {
            return test;
        }
        let yes = self.expression();
        if !self.eat(":") {
            return Term::Unknown;
        }
        Term::If(Box::new([test, yes, self.expression()]))
    }

    fn comparison(&mut self) -> Term {
        let left = self.access();
        if self.eat("==") {
            return Term::Equal(left.into(), self.access().into());
        }
        if self.eat("in ") {
            return Term::In(left.into(), self.access().into());
        }
        left
    }

    fn access(&mut self) -> Term {
        let mut term = self.primary();
        loop {
            term = if self.eat("[") {
                let key = self.expression();
                if !self.eat("]") {
                    return Term::Unknown;
                }
                Term::Lookup(term.into(), key.into())
            } else if self.eat(".") {
                match (term, self.word()) {
                    (Term::Request, "body") => Term::Body,
                    (Term::Json, name) => Term::Lookup(Term::Json.into(), Term::Text(name.to_owned()).into()),
                    _ => return Term::Unknown,
                }
            } else {
                return term;
            };
        }
    }

    fn primary(&mut self) -> Term {
        if self.eat("(") {
            let inner = self.expression();
            return if self.eat(")") { inner } else { Term::Unknown };
        }
        if self.eat("{") {
            return self.map();
        }
        if let Some(quote) = self.rest.trim_start().chars().next().filter(|c| ['"', '\''].contains(c)) {
            self.eat(&quote.to_string());
            return self.text(quote);
        }
        match self.word() {
            "request" => Term::Request,
            name if self.eat("(") => self.call(name),
            _ => Term::Unknown,
        }
    }

    fn call(&mut self, name: &str) -> Term {
        let mut arguments = vec![self.expression()];
        while self.eat(",") {
            arguments.push(self.expression());
        }
        if !self.eat(")") {
            return Term::Unknown;
        }
        match (name, <[Term; 1]>::try_from(arguments)) {
            ("json", Ok([Term::Body])) => Term::Json,
            ("string", Ok([inner])) => Term::ToText(inner.into()),
            ("default", Err(arguments)) => match <[Term; 2]>::try_from(arguments) {
                Ok([first, second]) => Term::Default(first.into(), second.into()),
                Err(_) => Term::Unknown,
            },
            _ => Term::Unknown,
        }
    }

    fn map(&mut self) -> Term {
        let mut entries = Vec::new();
        while !self.eat("}") {
            let key = self.expression();
            if !self.eat(":") {
                return Term::Unknown;
            }
            entries.push((key, self.expression()));
            if !self.eat(",") && !self.rest.trim_start().starts_with('}') {
                return Term::Unknown;
            }
        }
        Term::Map(entries)
    }

    /// The rest of a string literal; the escapes are those of JSON for quotes and backslashes.
    fn text(&mut self, quote: char) -> Term {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\'' | '\\' | '/'))) => text.push(escaped),
                    _ => return Term::Unknown,
                },
                _ if character == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Term::Text(text);
                }
                _ => text.push(character),
            }
        }
        Term::Unknown
    }

    fn word(&mut self) -> &'a str {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        word
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
            ("json(request.body).model.replace('a', 'b')", "a", Carried::Unknown),
            ("{\"a\": \"b\"", "a", Carried::Unknown),
            ("\"open", "a", Carried::Unknown),
            ("", "a", Carried::Unknown),
        ] {
            assert_eq!(Expression::new(text).of(model), carried, "{text} of {model}");
        }
        assert_eq!(Expression::new(&format!("{map}[json(request.body).model]")).models(), BTreeSet::from(["a", "c"]));
    }
}
