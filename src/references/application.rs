//! Argo CD Applications: where they take manifests from, and what they tell a chart. Answers only.

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::Object;
use crate::object::pod_template::{self, image};
use crate::references::world::World;
use crate::text::forms::version;
use crate::text::kubeyaml;
use crate::text::source::Source;

/// All Applications.
pub fn applications<'w, 'a>(world: &'w World<'a>) -> impl Iterator<Item = &'w Object<'a>> {
    world.objects.of(ARGOCD, "Application")
}

/// Where an Application takes manifests from, each with its pointer.
pub fn sources<'a>(application: &Object<'a>) -> Vec<(String, &'a Value)> {
    let several = application.items("/spec/sources").iter().enumerate();
    let several = several.map(|(i, source)| (format!("/spec/sources/{i}"), source));
    application
        .at("/spec/source")
        .map(|source| ("/spec/source".to_owned(), source))
        .into_iter()
        .chain(several)
        .collect()
}

/// The charts of that name which Applications install: Application, pointer to the source, source.
pub fn charts<'w, 'a>(world: &'w World<'a>, chart: &str) -> Vec<(&'w Object<'a>, String, &'a Value)> {
    let all = applications(world)
        .flat_map(|app| sources(app).into_iter().map(move |(pointer, source)| (app, pointer, source)));
    all.filter(|(_, _, source)| source["chart"].as_str().is_some_and(|c| c.rsplit('/').next() == Some(chart))).collect()
}

/// Charts whose versions are not those of what they install.
const NUMBERED_APART: [&str; 2] = ["argo-cd", "cloudnative-pg"];

/// The version of a product that runs: of the chart or the image of its name.
pub fn running(world: &World<'_>, product: &str) -> Option<String> {
    let charts = if NUMBERED_APART.contains(&product) { Vec::new() } else { charts(world, product) };
    let of_chart = charts.iter().find_map(|(.., source)| source["targetRevision"].as_str());
    let images =
        pod_template::all(&world.objects).flat_map(|pod| pod.containers()).map(|(_, container)| image(container));
    let named = |repository: &str| repository.rsplit('/').next() == Some(product);
    let of_image = || images.filter(|(repository, _)| named(repository)).map(|(_, tag)| tag);
    let version = of_chart.or_else(|| of_image().find(|tag| version::<2>(tag).is_some()))?;
    version.starts_with(|c: char| c == 'v' || c.is_ascii_digit()).then(|| version.to_owned())
}

/// What a chart is told about a value.
#[derive(Debug, PartialEq)]
pub enum Given {
    /// This.
    Value(Value),
    /// Nothing: the chart's own default counts.
    Nothing,
    /// Files that are not here may say it.
    Elsewhere,
}

/// A value given to a chart, by its dotted path.
pub fn chart_value(source: &Value, path: &str) -> Given {
    let helm = &source["helm"];
    if helm["valueFiles"].as_array().is_some_and(|files| !files.is_empty()) {
        return Given::Elsewhere;
    }
    let mut parameters = helm["parameters"].as_array().into_iter().flatten();
    if let Some(parameter) = parameters.rfind(|p| p["name"] == path) {
        let text = parameter["value"].as_str().unwrap_or_default();
        return Given::Value(serde_json::from_str(text).unwrap_or_else(|_| text.into()));
    }
    let pointer = format!("/{}", path.replace('.', "/"));
    let found = match (helm.get("valuesObject"), helm["values"].as_str()) {
        (Some(values), _) => values.pointer(&pointer).cloned(),
        (None, Some(text)) => match kubeyaml::values(&Source::new("values", text)) {
            Ok(documents) => documents.first().and_then(|values| values.pointer(&pointer)).cloned(),
            Err(_) => return Given::Elsewhere,
        },
        (None, None) => None,
    };
    found.map_or(Given::Nothing, Given::Value)
}
