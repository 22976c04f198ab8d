//! What a patch made of an object: where each part of the result comes from, and what is gone.

use std::collections::BTreeMap;

/// Where the parts of a laid value come from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Pointers into the result whose value the patch brought, each with the pointer into the patch and how many it brought before.
    brought: BTreeMap<String, (String, usize)>,
    /// Lists of the result whose items were at other positions before, by their pointers.
    pub lists: BTreeMap<String, Positions>,
    /// Pointers to what the patch took away, each with the pointer into the patch.
    pub removed: Vec<(String, String)>,
    /// Pointers into the patch of removals that found nothing, each with the name that was meant.
    pub idle: Vec<(String, Option<String>)>,
}

/// Where the items of a list were before.
#[derive(Clone, Debug)]
pub enum Positions {
    /// Each of them; none: nowhere.
    Each(Vec<Option<usize>>),
    /// One came at this position.
    Added(usize),
    /// One went from this position.
    Removed(usize),
}

impl Positions {
    fn of(&self, item: usize) -> Option<usize> {
        match self {
            Self::Each(items) => items.get(item).copied().flatten(),
            Self::Added(index) => (item != *index).then(|| item - usize::from(item > *index)),
            Self::Removed(index) => Some(item + usize::from(item >= *index)),
        }
    }
}

/// What a pointer into a laid value means.
#[derive(Debug, PartialEq)]
pub enum From {
    /// The part of the patch at this pointer.
    Patch(String),
    /// The part of the value before, at this pointer.
    Before(String),
}

impl Origin {
    /// The patch brought what is at a pointer.
    pub fn bring(&mut self, at: &str, from: &str) {
        let before = self.brought.len();
        self.brought.insert(at.to_owned(), (from.to_owned(), before));
    }

    /// Where the part at a pointer comes from.
    pub fn of(&self, pointer: &str) -> From {
        let ends = pointer.rmatch_indices('/').map(|(end, _)| end);
        for end in std::iter::once(pointer.len()).chain(ends) {
            if let Some((from, _)) = self.brought.get(&pointer[..end]) {
                return From::Patch(format!("{from}{}", &pointer[end..]));
            }
        }
        let (mut now, mut before) = (String::new(), String::new());
        for step in pointer.split('/').skip(1) {
            let was = self.lists.get(&now).and_then(|items| items.of(step.parse().ok()?));
            before += &was.map_or_else(|| format!("/{step}"), |position| format!("/{position}"));
            now += &format!("/{step}");
        }
        From::Before(before)
    }

    /// The first part of the patch that lies below a pointer.
    pub fn below(&self, pointer: &str) -> Option<&str> {
        let start = format!("{pointer}/");
        let below = self.brought.range(start.clone()..).take_while(|(at, _)| at.starts_with(&start));
        below.min_by_key(|(_, (_, before))| *before).map(|(_, (from, _))| from.as_str())
    }
}
