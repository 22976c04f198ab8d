//! Names that programs look for (`schemas/names.yaml`: variables, annotations, keys of configurations) -> those that are none of them but for a
//! letter or two: they do nothing, and nobody says so.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::{Object, ObjectRule};
use crate::object::part::Part;
use crate::object::placeholder;
use crate::object::pod_template::{self, PodTemplate, image};
use crate::references::application::sources;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::near::slips;
use crate::text::pointer::{each, escaped};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[names];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[variables];

/// Names that are known in a place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// What each is, as findings say it.
    what: String,
    of: Vec<String>,
    #[serde(default)]
    at: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
    names: String,
    /// How names begin that something else tells.
    told: Option<String>,
    #[serde(skip)]
    all: OnceLock<BTreeSet<String>>,
}

static KNOWN: LazyLock<Vec<Known>> =
    LazyLock::new(|| kubeyaml::ours("names.yaml", include_str!("../../../schemas/names.yaml")));

impl Known {
    fn all(&self) -> &BTreeSet<String> {
        self.all.get_or_init(|| self.names.split_whitespace().map(str::to_owned).collect())
    }

    /// The name that was meant by one that is none of these.
    fn meant(&self, name: &str) -> Option<&str> {
        if name.len() < 4 {
            return None;
        }
        let near = self.all().iter().filter(|known| known.len().abs_diff(name.len()) <= 4 && !is_own(known, name));
        let near = near.filter_map(|known| Some((far(known, name)?, known)));
        near.min().map(|(_, known)| known.as_str())
    }
}

/// A name of one's own goes on after a known one, is several of it, or has another number.
fn is_own(known: &str, name: &str) -> bool {
    let (long, short) = if known.len() < name.len() { (name, known) } else { (known, name) };
    let ends = |rest: &str| rest.starts_with(['_', '-', '.']) || rest.ends_with(['_', '-', '.', '/']);
    let letters = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    long.strip_prefix(short).is_some_and(ends)
        || long.strip_suffix(short).is_some_and(ends)
        || name.to_lowercase() == format!("{}s", known.to_lowercase())
        || letters(known) == letters(name)
}

/// How many slips part two names, where each word is a slip of the other's: short words are names of their own (`DB_`, `UI_`).
fn far(known: &str, name: &str) -> Option<usize> {
    const ENDS: [char; 4] = ['_', '-', '.', '/'];
    if known.matches(ENDS).count() != name.matches(ENDS).count() {
        return slips(known, name, 1);
    }
    let all = name.len() - name.matches(ENDS).count();
    let word = |(known, word): (&str, &str)| {
        let (short, long) = (known.len().min(word.len()), known.len().max(word.len()));
        let rest = known.strip_prefix(word).or_else(|| word.strip_prefix(known));
        // Another word may follow: `storage`, `storageSpec`.
        let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_uppercase()) && !known.ends_with(char::is_uppercase);
        let cut = short > 5 && long - short < 5 && rest.is_some_and(|rest| !goes_on(rest));
        match short {
            _ if known == word => Some(0),
            _ if cut => Some(2),
            0..=3 => slips(known, word, 1).filter(|_| short != long && all > short + 9),
            _ => slips(known, word, if long < 8 { 1 } else { 2 }),
        }
    };
    known.split(ENDS).zip(name.split(ENDS)).map(word).sum()
}

/// The name that was meant by one that is none of a list's.
pub fn meant(what: &str, name: &str) -> Option<&'static str> {
    let known = KNOWN.iter().find(|known| known.what == what && !known.all().contains(name))?;
    known.meant(name).filter(|_| name.len() > 5)
}

/// Whether nobody can know what the name will be, or it is none.
fn is_open(name: &str) -> bool {
    name.is_empty() || name.len() > 100 || name.contains(['$', '{']) || placeholder::is_in(name)
}

fn names(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for known in KNOWN.iter() {
        for of in &known.of {
            match of.split_once(' ') {
                Some(("env", _)) => {}
                Some(("chart", chart)) if object.is(ARGOCD, "Application") => {
                    for (pointer, source) in sources(object) {
                        let name = source["chart"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
                        if !name.is_empty() && (chart == "*" || chart == name) {
                            let values = format!("{pointer}/helm/valuesObject");
                            known.tell(&Part::of(object, &values), &mut findings);
                        }
                    }
                }
                Some(("text", words)) if object.is("", "ConfigMap") => {
                    for (pointer, text) in object.all("/data/*") {
                        if text.as_str().is_some_and(|text| text.contains(words)) {
                            let part = Part::of_text(object, &pointer, Code::MisspeltName);
                            part.into_iter().for_each(|part| known.tell(&part, &mut findings));
                        }
                    }
                }
                Some(_) => {}
                None if of == "pods" => {
                    for template in pod_template::of(object) {
                        known.tell(&Part::of(object, template.pointer), &mut findings);
                    }
                }
                None => {
                    let is_kind = of.split_once('.').is_some_and(|(kind, group)| object.is(group, kind));
                    if of == "*" || is_kind {
                        known.tell(&Part::of(object, ""), &mut findings);
                    }
                }
            }
        }
    }
    findings
}

impl Known {
    /// About names in a part of an object.
    fn tell(&self, part: &Part<'_>, findings: &mut Vec<Finding>) {
        for pattern in &self.at {
            each(part.value(), pattern, &mut |at, value| match value {
                Value::Object(map) => {
                    for key in map.keys() {
                        findings.extend(self.finding(part, &format!("{at}/{}", escaped(key)), key));
                    }
                }
                Value::String(name) => {
                    // A flag with its value.
                    let name = if name.starts_with("--") { name.split('=').next().unwrap_or_default() } else { name };
                    findings.extend(self.finding(part, at, name));
                }
                _ => {}
            });
        }
    }

    fn finding(&self, part: &Part<'_>, at: &str, name: &str) -> Option<Finding> {
        let is_told = self.told.as_ref().is_some_and(|told| name.starts_with(told));
        if is_open(name) || is_told || self.all().contains(name) {
            return None;
        }
        let near = self.meant(name)?;
        // What others read is theirs: LiteLLM's configuration in the same values, too.
        if part.object.is(ARGOCD, "Application") && is_read(part.object.value, name) {
            return None;
        }
        let message = format!("{} has `{name}`, which is no {}", part.object.identity, self.what);
        let finding = part.warning(Code::MisspeltName, at, message);
        Some(finding.help(format!("did you mean `{near}`?")))
    }
}

/// Whether LiteLLM is told to read a variable of that name.
fn is_read(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text.match_indices("os.environ/").any(|(at, mark)| {
            let rest = &text[at + mark.len()..];
            rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        }),
        Value::Array(items) => items.iter().any(|item| is_read(item, name)),
        Value::Object(map) => map.values().any(|item| is_read(item, name)),
        _ => false,
    }
}

/// A variable that is nearly one which the program of its container reads, with that one.
struct Slip {
    pointer: String,
    name: String,
    what: &'static str,
    near: &'static str,
}

/// Those of a pod template; of the same object they are the same in every cluster.
fn slips_of(template: &PodTemplate<'_>) -> Vec<Slip> {
    let mut found = Vec::new();
    for (pointer, container) in template.all_containers() {
        let program = image(container).0;
        let is_of = |known: &&Known| {
            let mut images = known.of.iter().filter_map(|of| of.strip_prefix("env "));
            images.any(|image| program.contains(image))
        };
        let known: Vec<&'static Known> = KNOWN.iter().filter(is_of).collect();
        for (i, variable) in container["env"].as_array().into_iter().flatten().enumerate() {
            let name = variable["name"].as_str().unwrap_or_default();
            if is_open(name) || known.iter().any(|known| known.all().contains(name)) {
                continue;
            }
            let Some((of, near)) = known.iter().find_map(|known| Some((known, known.meant(name)?))) else { continue };
            if !container.to_string().contains(&format!("$({name})")) {
                let pointer = format!("{pointer}/env/{i}/name");
                found.push(Slip { pointer, name: name.to_owned(), what: &of.what, near });
            }
        }
    }
    found
}

/// Variables of containers. One that another text of the container or a configuration beside it asks for is known there.
fn variables(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in pod_template::all(&world.objects).filter(|template| !template.kind.overlay) {
        let object = &template.owner;
        for slip in object.fact(template.pointer, || slips_of(&template)).iter() {
            let beside = world.objects.of_in("", "ConfigMap", &object.identity.namespace);
            if !beside.into_iter().any(|map| is_read(map.value, &slip.name)) {
                let message = format!("{} has `{}`, which is no {}", object.identity, slip.name, slip.what);
                let finding = object.warning(Code::MisspeltName, &slip.pointer, message);
                findings.push(finding.help(format!("did you mean `{}`?", slip.near)));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::KNOWN;

    #[test]
    fn a_slip_is_told_and_a_name_of_ones_own_is_not() {
        for (what, name, near) in [
            ("variable that vLLM reads", "VLLM_LOGING_LEVEL", Some("VLLM_LOGGING_LEVEL")),
            ("variable that vLLM reads", "VLLM_WORKER_MULTIPROC_METHODS", None),
            ("variable that vLLM reads", "VLLM_WORKER_MULTIPROCESS_METHOD", Some("VLLM_WORKER_MULTIPROC_METHOD")),
            ("variable that LiteLLM reads", "LANGFUSE_HSOT", Some("LANGFUSE_HOST")),
            ("variable that LiteLLM reads", "OPENAI_API_KEY_EU", None),
            ("variable that LiteLLM reads", "OPENAI_API_KEY_2", None),
            ("variable that LiteLLM reads", "OUR_TEAM", None),
            ("variable that LiteLLM reads", "DB_PASSWORD", None),
            ("variable that programs read", "NO_PROXI", Some("NO_PROXY")),
            ("field of the Prometheus Operator", "storageSpecs", None),
            ("priority class of Kubernetes' own", "sytem-node-critical", Some("system-node-critical")),
            ("priority class of Kubernetes' own", "user-critical", None),
            ("runtime class that is known", "nvidai", Some("nvidia")),
            ("runtime class that is known", "nvidia-a100", None),
            ("scheduler that is known", "defaultscheduler", Some("default-scheduler")),
            ("scheduler that is known", "my-scheduler", None),
            ("annotation or label that anything reads", "prometheus.io/scarpe", Some("prometheus.io/scrape")),
            ("annotation or label that anything reads", "prometheus.io/scrape-slow", None),
            ("annotation or label that anything reads", "example.com/name", None),
        ] {
            let known = KNOWN.iter().find(|known| known.what == what).expect("a list of that name");
            assert_eq!(known.meant(name), near, "{name}");
        }
    }
}
