//! `shapes/` into schemas that settings share, by the stem of their file; and a schema that names them into one without
//! names. Knows no group.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::text::finding::{Code, Finding};
use crate::text::merge::lay;
use crate::text::pointer::escaped;
use crate::text::schema::{Schema, did_you_mean};
use crate::text::source::{Place, Source};
use crate::text::yaml;

/// The keyword that names a shape.
const KEYWORD: &str = "shape";

/// Shapes that stand in each other at most; more is a circle.
const MAX_DEPTH: usize = 8;

/// Shapes that one schema takes at most: each may take many others.
pub const MAX_TAKEN: usize = 1_000;

/// Schemas by name, as written.
#[derive(Debug, Default)]
pub struct Shapes(BTreeMap<String, Value>);

/// A name that cannot be followed.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// JSON pointer to it in the schema.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
}

impl Shapes {
    /// Takes the files with what they say.
    pub fn new(files: Vec<(Arc<Source>, Value)>) -> (Self, Vec<Finding>) {
        let name = |source: &Source| source.name.trim_start_matches("shapes/").trim_end_matches(".yaml").to_owned();
        let shapes = Self(files.iter().map(|(source, schema)| (name(source), schema.clone())).collect());
        let findings = files.into_iter().flat_map(|(source, schema)| shapes.mistakes(&source, schema)).collect();
        (shapes, findings)
    }

    fn mistakes(&self, source: &Arc<Source>, mut schema: Value) -> Vec<Finding> {
        let place = |at: &str| match yaml::read_group(source) {
            Ok(node) => node.place_at(at),
            Err(_) => Place::new(source, 0, 0),
        };
        let wrong = self.fill(&mut schema);
        if wrong.is_empty() {
            let message = Schema::new(&schema).err();
            return message.map(|m| Finding::error(Code::GroupFile, m).place(place(""))).into_iter().collect();
        }
        wrong.into_iter().map(|w| Finding::error(Code::GroupFile, w.message).place(place(&w.at)).help(w.help)).collect()
    }

    /// Puts shapes in the place of their names. What stands beside a name is laid over its shape: maps merge, all else
    /// replaces.
    pub fn fill(&self, schema: &mut Value) -> Vec<Wrong> {
        let (mut wrong, mut taken) = (Vec::new(), 0);
        self.fill_at(schema, "", 0, &mut taken, &mut wrong);
        wrong
    }

    fn fill_at(&self, schema: &mut Value, at: &str, depth: usize, taken: &mut usize, wrong: &mut Vec<Wrong>) {
        let Some(written) = schema.as_object_mut() else { return };
        if let Some(name) = written.shift_remove(KEYWORD) {
            *taken += 1;
            match self.named(&name) {
                Ok(_) if depth == MAX_DEPTH || *taken > MAX_TAKEN => wrong.push(Wrong::new(
                    at,
                    format!("shapes take each other without end, {name} among them"),
                    format!("a shape has {MAX_DEPTH} others in each other at most, a schema {MAX_TAKEN} in all"),
                )),
                Ok(shape) => {
                    let mut whole = shape.clone();
                    self.fill_at(&mut whole, at, depth + 1, taken, wrong);
                    lay(&mut whole, schema);
                    *schema = whole;
                }
                Err(help) => wrong.push(Wrong::new(at, format!("there is no shape {name}"), help)),
            }
        }
        let Some(whole) = schema.as_object_mut() else { return };
        for key in ["items", "additionalProperties", "propertyNames"] {
            if let Some(inner) = whole.get_mut(key) {
                self.fill_at(inner, &format!("{at}/{key}"), depth, taken, wrong);
            }
        }
        for (name, inner) in whole.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            self.fill_at(inner, &format!("{at}/properties/{}", escaped(name)), depth, taken, wrong);
        }
    }

    fn named(&self, name: &Value) -> Result<&Value, String> {
        let given = name.as_str().ok_or("it is named by the stem of its file in shapes/")?;
        let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
        self.0.get(given).ok_or_else(|| did_you_mean(given, &known))
    }
}

impl Wrong {
    fn new(at: &str, message: String, help: String) -> Self {
        Self { at: format!("{at}/{KEYWORD}"), message: message.replace('"', "`"), help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shapes(of: Value) -> (Shapes, Vec<Finding>) {
        let file = |(name, schema): (&String, &Value)| (Source::new(format!("shapes/{name}.yaml"), ""), schema.clone());
        Shapes::new(of.as_object().expect("a map").iter().map(file).collect())
    }

    #[test]
    fn what_stands_beside_a_name_is_laid_over_its_shape() {
        let (shapes, findings) = shapes(json!({
            "key": { "pattern": "^[a-z]+$" },
            "labels": { "type": "object", "default": {}, "propertyNames": { "shape": "key" } },
            "nodes": { "shape": "labels", "description": "Nodes" },
        }));
        assert!(findings.is_empty(), "{findings:?}");
        let mut schema = json!({ "properties": {
            "shape": { "type": "string", "default": "shape", "description": "No name of one" },
            "nodes": { "shape": "nodes", "default": { "shape": "round" } },
            "list": { "items": { "shape": "labels", "default": null } },
        } });
        assert_eq!(shapes.fill(&mut schema), []);
        let labels = json!({ "type": "object", "default": null, "propertyNames": { "pattern": "^[a-z]+$" } });
        assert_eq!(schema["properties"]["list"]["items"], labels);
        let nodes = &schema["properties"]["nodes"];
        assert_eq!((&nodes["description"], &nodes["default"]), (&json!("Nodes"), &json!({ "shape": "round" })));
        assert_eq!(schema["properties"]["shape"]["default"], "shape");
    }

    #[test]
    fn names_that_lead_nowhere_or_in_a_circle_are_told() {
        let (known, _) = shapes(json!({ "image": {} }));
        let mut schema = json!({ "properties": { "a/b": { "items": { "shape": "imge" } }, "c": { "shape": 1 } } });
        let wrong = known.fill(&mut schema);
        assert_eq!(wrong[0].at, "/properties/a~1b/items/shape");
        assert_eq!((&*wrong[0].message, &*wrong[0].help), ("there is no shape `imge`", "did you mean `image`?"));
        assert_eq!(wrong[1].message, "there is no shape 1");

        let circle =
            json!({ "a": { "properties": { "x": { "shape": "b", "description": "X" } } }, "b": { "shape": "a" } });
        let (_, findings) = shapes(circle);
        assert_eq!(findings.len(), 2, "{findings:?}");
        let many = |next: &str| json!({ "properties": (0..11).map(|i| (format!("p{i}"), json!({ "shape": next }))).collect::<serde_json::Map<_, _>>() });
        let (_, findings) = shapes(json!({ "a": many("b"), "b": many("c"), "c": many("d"), "d": {} }));
        assert!(!findings.is_empty());
    }
}
