//! The rule about releases of LiteLLM that are known to be bad. They stand in schemas/litellm-advisories.yaml.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::object::api_group::ARGOCD;
use crate::object::litellm_config::of_object;
use crate::object::object::Object;
use crate::object::part::Part;
use crate::object::pod_template;
use crate::products::seen::LITELLM;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::forms::version;
use crate::text::kubeyaml;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advisory {
    id: String,
    #[serde(default)]
    also: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    below: String,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    malicious: bool,
    what: String,
    #[serde(default)]
    when: String,
}

static ADVISORIES: LazyLock<Vec<Advisory>> = LazyLock::new(|| {
    kubeyaml::ours("litellm-advisories.yaml", include_str!("../../../schemas/litellm-advisories.yaml"))
});

/// The release that a tag names: `v1.83.14-stable.patch.2`, `main-v1.82.8`, `1.84.0`.
fn release(tag: &str) -> Option<[u32; 3]> {
    version(tag.trim_start_matches("main-"))
}

impl Advisory {
    fn is_about(&self, version: [u32; 3]) -> bool {
        let listed = self.versions.iter().any(|v| release(v) == Some(version));
        let bounded = release(&self.below).is_some_and(|below| version < below);
        listed || bounded && release(&self.from).is_none_or(|from| version >= from)
    }
}

/// Images that hold the proxy; others of the name are operators and helpers with versions of their own.
const IMAGES: [&str; 3] = ["litellm", "litellm-database", "litellm-non_root"];

/// Containers and charts that run a release with an advisory.
pub fn releases(object: &Object<'_>) -> Vec<Finding> {
    let identity = object.identity;
    if identity.group == ARGOCD && identity.kind == "Application" {
        let charts = of_object(object).into_iter().filter_map(|c| c.ok()?.chart);
        return charts.filter_map(|values| judged(&values, "/image/tag", values.text_at("/image/tag"))).collect();
    }
    let mut findings = Vec::new();
    for (pointer, container) in pod_template::of(object).flat_map(|template| template.all_containers()) {
        let image = container["image"].as_str().unwrap_or_default();
        let Some((repository, tag)) = image.split('@').next().and_then(|i| i.rsplit_once(':')) else { continue };
        if IMAGES.contains(&repository.rsplit('/').next().unwrap_or_default()) {
            findings.extend(judged(&Part::of(object, &pointer), "/image", tag));
        }
    }
    findings
}

fn judged(part: &Part<'_>, pointer: &str, tag: &str) -> Option<Finding> {
    let version = release(tag)?;
    let known: Vec<&Advisory> = ADVISORIES.iter().filter(|a| a.is_about(version)).collect();
    let worst = known.first()?;
    let when = if worst.when.is_empty() { String::new() } else { format!(", {}", worst.when) };
    let ids = known.iter().map(|a| if a.also.is_empty() { a.id.clone() } else { format!("{}, {}", a.id, a.also) });
    let ids = ids.collect::<Vec<_>>().join(", ");
    let message = format!("LiteLLM `{tag}` {}{when} ({ids})", worst.what);
    let finding =
        part.error(Code::LitellmAdvisory, pointer, message).help(format!("take a newer release, as `v{LITELLM}`"));
    Some(if worst.malicious { finding } else { Finding { severity: Severity::Warning, ..finding } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        assert_eq!(release("v1.83.14-stable.patch.2"), Some([1, 83, 14]));
        assert_eq!(release("main-v1.82.8"), Some([1, 82, 8]));
        assert_eq!((release("main-latest"), release("1.82")), (None, None));
        let ids = |tag: &str| {
            let version = release(tag).expect("a release");
            ADVISORIES.iter().filter(|a| a.is_about(version)).map(|a| a.id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(ids("v1.82.8")[0], "BerriAI/litellm#24512");
        assert_eq!(ids("v1.83.6"), ["CVE-2026-42208", "CVE-2026-42271", "CVE-2026-49468"]);
        assert_eq!(ids("v1.83.7"), ["CVE-2026-49468"]);
        assert_eq!(ids("v1.74.1"), ["CVE-2026-49468"]);
        assert!(["v1.84.0", "v1.103.2", LITELLM].iter().all(|tag| ids(tag).is_empty()));
    }
}
