//! Boxes and arrows between them, before anybody draws them. Texts are as they stand in files: whoever writes them escapes.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::secret;
use crate::text::shown;

/// A directed graph.
#[derive(Debug, Default)]
pub struct Graph {
    /// What it shows, in one line.
    pub title: String,
    /// The boxes, in the order in which they were first named.
    pub boxes: Vec<Node>,
    /// From one box to another, by index, with a few words that may be empty; each stands once.
    pub arrows: BTreeSet<(usize, usize, String)>,
    known: BTreeMap<String, usize>,
}

/// A box.
#[derive(Debug)]
pub struct Node {
    /// Its lines.
    pub lines: Vec<String>,
    /// It is not rendered here, or off.
    pub dashed: bool,
}

impl Graph {
    /// A graph without boxes.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The box of that name, with these lines where it is new.
    pub fn node(&mut self, name: &str, lines: impl IntoIterator<Item = String>) -> usize {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let lines = lines.into_iter().map(|line| shown::line(&secret::masked(&line))).collect();
        self.boxes.push(Node { lines, dashed: false });
        self.known.insert(name.to_owned(), self.boxes.len() - 1);
        self.boxes.len() - 1
    }

    /// An arrow between two boxes.
    pub fn arrow(&mut self, from: usize, to: usize, words: &str) {
        self.arrows.insert((from, to, shown::line(words)));
    }

    /// The box is not rendered here, or off.
    pub fn dash(&mut self, index: usize) {
        self.boxes[index].dashed = true;
    }
}
