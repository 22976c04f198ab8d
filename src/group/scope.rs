//! What the expressions and templates of one group see: names with values, and a digest of them all, so that what was made
//! from the same is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::group::template::Context;
use crate::text::digest;

/// A value with its digest: one that many groups, or the groups of many clusters, see is digested once.
#[derive(Clone, Debug)]
pub struct Digested {
    value: Value,
    digest: String,
}

impl From<Value> for Digested {
    fn from(value: Value) -> Self {
        Self { digest: of(&value), value }
    }
}

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
    pub fn set(&mut self, name: &str, value: &Digested) {
        self.part(name.to_owned(), value);
        self.value[name] = value.value.clone();
    }

    /// Gives a name below another its value.
    pub fn set_in(&mut self, name: &str, key: &str, value: &Digested) {
        self.part(format!("{name}.{key}"), value);
        self.value[name][key] = value.value.clone();
    }

    fn part(&mut self, path: String, value: &Digested) {
        self.parts.insert(path, value.digest.clone());
        (self.digest, self.context) = (OnceLock::new(), OnceLock::new());
    }

    /// The same for expressions.
    pub fn context(&self) -> &Context {
        self.context.get_or_init(|| Context::new(&self.value))
    }

    /// Differs wherever the values differ.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| listing(&self.parts))
    }

    /// Differs wherever what these dotted paths name differs.
    pub fn digest_of(&self, names: &BTreeSet<String>) -> String {
        let below = |path: &str, above: &str| {
            path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let named = |path: &str| names.iter().any(|name| below(name, path) || below(path, name));
        listing(self.parts.iter().filter(|(path, _)| named(path)))
    }
}

fn listing<'p>(parts: impl IntoIterator<Item = (&'p String, &'p String)>) -> String {
    let all: String = parts.into_iter().map(|(path, digest)| format!("{path} {digest}\n")).collect();
    digest::hex(all.as_bytes())
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
        scope.set_in("capabilities", "gateway", &json!({ "port": 80 }).into());
        seen.push(scope.digest().to_owned());
        scope.set_in("capabilities", "gateway", &json!({ "port": 81 }).into());
        seen.push(scope.digest().to_owned());
        scope.set("model", &json!([]).into());
        seen.push(scope.digest().to_owned());
        assert!((1..seen.len()).all(|i| !seen[..i].contains(&seen[i])), "{seen:?}");
        assert_eq!(scope.value()["capabilities"]["gateway"]["port"], 81);
    }

    #[test]
    fn the_digest_of_some_names_follows_these_alone() {
        let mut scope = Scope::new(&json!({}), &json!({ "a": 1 }));
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let digests = |scope: &Scope| {
            [names(&["capabilities.gateway.port"]), names(&["capabilities"]), names(&["settings.a", "model"])]
                .map(|names| scope.digest_of(&names))
        };
        let before = digests(&scope);
        scope.set_in("capabilities", "gateway_other", &json!({}).into());
        let other = digests(&scope);
        assert_eq!([before[0] == other[0], before[1] == other[1], before[2] == other[2]], [true, false, true]);
        scope.set_in("capabilities", "gateway", &json!({ "port": 80 }).into());
        let gateway = digests(&scope);
        assert_eq!([gateway[0] == other[0], gateway[1] == other[1], gateway[2] == other[2]], [false, false, true]);
        scope.set("model", &json!([]).into());
        assert_eq!([false, true, true], [2, 1, 0].map(|i| digests(&scope)[i] == gateway[i]));
    }
}
