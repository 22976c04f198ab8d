//! A template of ours and values -> a page of HTML. Every value is escaped, whoever wrote it; only pictures, which are drawn here,
//! go in as they are.

use minijinja::AutoEscape;
use minijinja::value::{Serde, Value as Jinja};
use serde_json::Value;

use crate::group::template::engine;

/// Steps of a page: it has a row for each object of a fleet.
const FUEL: u64 = 200_000_000;

/// Fills a page with the values, as `page`, and with pictures in SVG, as `pictures`.
///
/// # Panics
/// When the template does not fit the values: both are ours.
pub fn page(template: &str, values: &Value, pictures: &[Vec<String>]) -> String {
    let engine = engine::environment(|_| AutoEscape::Html, FUEL);
    let drawn = pictures.iter().map(|of_one| of_one.iter().cloned().map(Jinja::from_safe_string).collect::<Jinja>());
    let context = Jinja::from_pairs([("page", Jinja::from(Serde(values))), ("pictures", drawn.collect::<Jinja>())]);
    engine.render_str(template, context).expect("a template of ours fits its values")
}

#[cfg(test)]
mod tests {
    use super::page;
    use serde_json::json;

    #[test]
    fn values_are_no_markup_and_pictures_are() {
        let template = "<b title=\"{{ page.name }}\">{{ page.name }}</b>{{ pictures[0][0] }}";
        let text = page(template, &json!({ "name": "\"><script>" }), &[vec!["<svg/>".to_owned()]]);
        assert_eq!(text, "<b title=\"&quot;&gt;&lt;script&gt;\">&quot;&gt;&lt;script&gt;</b><svg/>");
    }
}
