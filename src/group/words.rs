//! A text with `{{ CEL }}` in it -> the text for one value.

use crate::verdict::expression::{Expression, Named};

/// A text, read.
#[derive(Debug)]
pub struct Words(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Value(Expression),
}

impl Words {
    /// Reads a text whose expressions may use these names.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn new(text: &str, known: &[&str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, after) = after.split_once("}}").ok_or("a `{{` has no `}}`")?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Value(Expression::new(inside.trim(), known)?)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// Whether it asks for that name.
    pub fn asks(&self, name: &str) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Value(value) if value.asks(name)))
    }

    /// The text.
    ///
    /// # Errors
    /// Why a value is none.
    pub fn fill(&self, named: &Named<'_>) -> Result<String, String> {
        let one = |piece: &Piece| match piece {
            Piece::Text(text) => Ok(text.clone()),
            Piece::Value(value) => value.text(named),
        };
        self.0.iter().map(one).collect()
    }
}
