//! The names of time zones, as they stand in schemas/time-zones.txt.

use std::sync::LazyLock;

use crate::text::schema::nearest;

static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../schemas/time-zones.txt").lines();
    lines.filter(|line| !line.starts_with('#')).collect()
});

/// Whether Go's `time.LoadLocation` finds it, as Kubernetes, KEDA and Argo CD ask; capitals count.
pub fn is_known(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

/// The way out for a name that is none.
pub fn help(name: &str) -> String {
    match nearest(name, &NAMES) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "a name of the tz database, as `Europe/Berlin` or `UTC`".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_asked_with_their_capitals() {
        assert!(NAMES.is_sorted());
        for (name, known) in [("Europe/Berlin", true), ("UTC", true), ("Etc/UTC", true), ("GMT0", true), ("", false)] {
            assert_eq!(is_known(name), known, "{name}");
        }
        for (name, near) in
            [("Europe/Berln", "`Europe/Berlin`"), ("europe/berlin", "`Europe/Berlin`"), ("Nowhere", "tz database")]
        {
            assert!(!is_known(name) && help(name).contains(near), "{name}: {}", help(name));
        }
    }
}
