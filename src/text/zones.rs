//! The names of time zones, as they stand in schemas/zones.txt (tz database), for those who read them with Go's `time.LoadLocation`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::text::schema::nearest;

static KNOWN: LazyLock<BTreeSet<&str>> = LazyLock::new(|| include_str!("../../schemas/zones.txt").lines().collect());

/// Whether a zone is one; `Local` is that of whoever reads it.
pub fn is_known(name: &str) -> bool {
    name == "Local" || KNOWN.contains(name)
}

/// The way out of a name that is none.
pub fn meant(name: &str) -> String {
    let known: Vec<&str> = KNOWN.iter().copied().collect();
    match nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write it as in the tz database: `Europe/Berlin`, `UTC`".into(),
    }
}
