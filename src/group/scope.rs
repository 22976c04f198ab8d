//! What the expressions and templates of one group see: names with values, and a digest of them all, so that what was made
//! from the same is known.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::group::template::Context;
use crate::text::digest;

/// Names with values.
#[derive(Clone, Debug)]
pub struct Scope {
    value: Value,
    /// Digest of each part, by the path to it. A part is set as a whole.
    parts: BTreeMap<String, String>,
    digest: OnceLock<String>,
    context: OnceLock<Context>,
}

impl Scope {
    /// The names that every group has.
    pub fn new(platform: &Value, settings: &Value) -> Self {
        let value = json!({ "platform": platform, "settings": settings, "capabilities": {} });
        let parts = BTreeMap::from([("platform".into(), of(platform)), ("settings".into(), of(settings))]);
        Self { value, parts, digest: OnceLock::new(), context: OnceLock::new() }
    }

    /// The same as one object.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Gives a name its value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.part(name.to_owned(), &value);
        self.value[name] = value;
    }

    /// Gives a name below another its value.
    pub fn set_in(&mut self, name: &str, key: &str, value: Value) {
        self.part(format!("{name}.{key}"), &value);
        self.value[name][key] = value;
    }

    fn part(&mut self, path: String, value: &Value) {
        self.parts.insert(path, of(value));
        (self.digest, self.context) = (OnceLock::new(), OnceLock::new());
    }

    /// The same for expressions.
    pub fn context(&self) -> &Context {
        self.context.get_or_init(|| Context::new(&self.value))
    }

    /// Differs wherever the values differ.
    pub fn digest(&self) -> &str {
        let all = || self.parts.iter().map(|(path, digest)| format!("{path} {digest}\n")).collect::<String>();
        self.digest.get_or_init(|| digest::hex(all().as_bytes()))
    }
}

fn of(value: &Value) -> String {
    digest::hex(value.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::Scope;
    use serde_json::json;

    #[test]
    fn the_digest_follows_every_value() {
        let mut scope = Scope::new(&json!({}), &json!({ "a": 1 }));
        let mut seen = vec![scope.digest().to_owned()];
        scope.set_in("capabilities", "gateway", json!({ "port": 80 }));
        seen.push(scope.digest().to_owned());
        scope.set_in("capabilities", "gateway", json!({ "port": 81 }));
        seen.push(scope.digest().to_owned());
        scope.set("model", json!([]));
        seen.push(scope.digest().to_owned());
        assert!((1..seen.len()).all(|i| !seen[..i].contains(&seen[i])), "{seen:?}");
        assert_eq!(scope.value()["capabilities"]["gateway"]["port"], 81);
    }
}
