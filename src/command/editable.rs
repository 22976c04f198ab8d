//! A finding -> the same at a file that its author can edit, for those who show it beside a change: a file of the binary is in nobody's
//! repository, and a rendered one is not to be edited. What stood first becomes a related place.

use crate::render::tree::HEAD;
use crate::text::finding::Finding;
use crate::text::source::{Place, Source};

/// The finding, at the first of its places that the author wrote: `exists` says of a name whether
/// the repository has the file; those that `render` wrote say so themselves. Where none is, at the start of the features file.
pub fn editable(finding: Finding, exists: &dyn Fn(&str) -> bool, features: &str) -> Finding {
    let Some(place) = &finding.place else { return finding };
    let theirs = |place: &Place| exists(&place.source.name) && !place.source.text.starts_with(HEAD);
    if theirs(place) || place.source.name.starts_with('<') {
        return finding;
    }
    let mut related = finding.related.clone();
    let own = related.iter().position(|(place, _)| theirs(place));
    let first = match own {
        Some(at) => related.remove(at).0,
        None if exists(features) => Place::new(&Source::new(features, ""), 0, 0),
        None => return finding,
    };
    let mut all = vec![(place.clone(), "made here".to_owned())];
    all.append(&mut related);
    Finding { place: Some(first), related: all, ..finding }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::finding::Code;

    #[test]
    fn a_template_of_ours_is_a_related_place() {
        let at = |name: &str| Place::new(&Source::new(name, "a: b\n"), 0, 1);
        let exists = |name: &str| ["features.yaml", "patches/a.yaml"].contains(&name);
        let name = |place: &Place| place.source.name.clone();
        let found = Finding::error(Code::WrongShape, "x").place(at("templates/a.yaml"));
        let with =
            found.clone().related(at("rendered/a.yaml"), "as rendered").related(at("patches/a.yaml"), "set here");
        for (finding, first, second) in
            [(with, "patches/a.yaml", "templates/a.yaml"), (found, "features.yaml", "templates/a.yaml")]
        {
            let moved = editable(finding, &exists, "features.yaml");
            assert_eq!(
                (name(moved.place.as_ref().expect("a place")), name(&moved.related[0].0)),
                (first.into(), second.into())
            );
        }
        let own = Finding::error(Code::WrongShape, "x").place(at("features.yaml"));
        assert!(editable(own, &exists, "features.yaml").related.is_empty());
    }
}
