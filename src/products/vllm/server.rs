//! Objects -> containers that serve by vLLM, and what they are started with. Answers only.

use serde_json::Value;

use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate, image, words};

/// A container that serves by vLLM.
pub struct Server<'a> {
    /// Its pod.
    pub template: PodTemplate<'a>,
    /// JSON pointer of itself.
    pub pointer: String,
    /// Itself.
    pub container: &'a Value,
    /// What it is started with; a shell's script as its words.
    pub words: Vec<&'a str>,
}

/// Those of an object.
pub fn servers<'a>(object: &Object<'a>) -> Vec<Server<'a>> {
    let mut found = Vec::new();
    for template in pod_template::of(object) {
        for (pointer, container) in template.containers() {
            let words = script(words(container));
            let name = image(container).0.rsplit('/').next().unwrap_or_default();
            let starts = words.iter().any(|w| *w == "vllm" || w.contains("vllm.entrypoints"));
            let serves = words.contains(&"serve") || words.iter().any(|w| w.contains("api_server"));
            if (name.starts_with("vllm-openai") || starts && serves) && !words.contains(&"launch") {
                found.push(Server { template, pointer, container, words });
            }
        }
    }
    found
}

/// The words of a script that a shell is given, and any others as they are.
fn script(words: Vec<&str>) -> Vec<&str> {
    let shell = words.first().is_some_and(|w| ["sh", "bash"].contains(&w.rsplit('/').next().unwrap_or_default()));
    if !shell {
        return words;
    }
    words.iter().flat_map(|word| script_words(word)).collect()
}

/// The words of a script.
pub fn script_words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split_whitespace().filter(|word| *word != "\\");
    parts.map(|word| word.trim_matches(['"', '\'', ';']))
}

impl<'a> Server<'a> {
    /// The last value of an argument, which is the one that counts. vLLM reads underscores as dashes.
    pub fn argument(&self, names: &[&str]) -> Option<&'a str> {
        let value = |(i, word): (usize, &&'a str)| {
            let (name, value) = word.split_once('=').map_or((*word, None), |(name, value)| (name, Some(value)));
            let next = || self.words.get(i + 1).filter(|next| !next.starts_with("--")).copied().unwrap_or_default();
            (word.starts_with('-') && names.contains(&name.replace('_', "-").as_str()))
                .then(|| value.unwrap_or_else(next))
        };
        self.words.iter().enumerate().filter_map(value).next_back()
    }

    /// A count, one by default; `None` where it is no number here.
    pub fn count(&self, names: &[&str]) -> Option<u64> {
        self.argument(names).map_or(Some(1), |value| value.parse().ok())
    }

    /// Where its arguments stand.
    pub fn arguments(&self) -> String {
        let key = if self.container.get("args").is_some() { "args" } else { "command" };
        format!("{}/{key}", self.pointer)
    }

    /// Where the value of an argument stands: its item, or all of them where that is a script.
    pub fn value(&self, name: &str, value: &str) -> String {
        for key in ["args", "command"] {
            let items = self.container[key].as_array().map_or(&[][..], Vec::as_slice);
            let is_there = |at: usize| {
                let (word, before) = (items[at].as_str()?, at.checked_sub(1).and_then(|b| items[b].as_str()));
                let named = |word: &str| word.replace('_', "-") == name;
                let whole = word.split_once('=').is_some_and(|(n, v)| named(n) && v == value);
                (whole || word == value && before.is_some_and(named)).then_some(at)
            };
            if let Some(at) = (0..items.len()).rev().find_map(is_there) {
                return format!("{}/{key}/{at}", self.pointer);
            }
        }
        self.arguments()
    }

    /// Whether it has one of these variables, or may have it from where this does not look.
    pub fn has_variable(&self, names: &[&str]) -> bool {
        let named = |e: &Value| e["name"].as_str().is_some_and(|name| names.contains(&name));
        self.container.get("envFrom").is_some()
            || self.container["env"].as_array().is_some_and(|env| env.iter().any(named))
    }

    /// Whether something is mounted at such a path.
    pub fn mounts(&self, below: impl Fn(&str) -> bool) -> bool {
        let mounts = self.container["volumeMounts"].as_array().into_iter().flatten();
        mounts.filter_map(|m| m["mountPath"].as_str()).any(|path| below(path.trim_end_matches('/')))
    }
}
