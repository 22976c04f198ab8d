//! The settings of a group -> defaults that their own property refuses: nobody gives them, so that nothing else holds them against it.

use serde_json::Value;

use crate::text::pointer::escaped;
use crate::text::schema::Schema;
use crate::text::yaml::object;

/// JSON pointers to them. Those that are maps are only parts of what is filled in.
pub(crate) fn refused(settings: &Value) -> Vec<String> {
    let mut found = Vec::new();
    below(settings, "", &mut found);
    found
}

fn below(schema: &Value, at: &str, found: &mut Vec<String>) {
    for (name, property) in schema.get("properties").map(object).into_iter().flatten() {
        let at = format!("{at}/properties/{}", escaped(name));
        let plain = property.get("default").filter(|default| !default.is_object() && !default.is_null());
        if plain.is_some_and(|default| Schema::new(property).is_ok_and(|schema| !schema.admits(default))) {
            found.push(format!("{at}/default"));
        }
        below(property, &at, found);
    }
}

#[cfg(test)]
mod tests {
    use super::refused;

    #[test]
    fn a_default_is_held_against_its_property() {
        let settings = serde_json::json!({ "properties": {
            "level": { "type": "string", "enum": ["INFO"], "default": "INOF" },
            "count": { "type": "integer", "default": 1 },
            "more": { "properties": { "many": { "description": "a", "type": "integer", "maximum": 3, "default": 4 } } },
        } });
        assert_eq!(refused(&settings), ["/properties/level/default", "/properties/more/properties/many/default"]);
    }
}
