//! Known traps of Argo CD 3.4: Applications it does not accept, words it does not know, and charts that need more than it
//! does by itself.

use serde_json::Value;

use crate::object::api_group::{ARGOCD, INFERENCE_X};
use crate::object::fields::without_effect;
use crate::object::object::{Object, ObjectRule};
use crate::products::argocd::sync::is_range;
use crate::products::seen;
use crate::references::application::{Given, applications, chart_value, charts, sources};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::forms::version;
use crate::text::schema::did_you_mean;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[application, annotated_options, sync_wave];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[large_crds, incompatible_versions, two_crd_owners];

const APPLICATION: &[ObjectRule] =
    &[application_source, application_destination, listed_options, replace_beside_apply, floating_revision];

fn application(object: &Object<'_>) -> Vec<Finding> {
    match object.is(ARGOCD, "Application") {
        true => APPLICATION.iter().flat_map(|rule| rule(object)).collect(),
        false => Vec::new(),
    }
}

fn application_source(app: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |pointer: &str, why: &str, help: &str| {
        let finding = app.error(Code::ApplicationSource, pointer, format!("{} {why}", app.identity));
        findings.push(finding.help(help));
    };
    let filled = |field: &&str| {
        app.at(&format!("/spec/{field}")).is_some_and(|v| !v.is_null() && v.as_array().is_none_or(|l| !l.is_empty()))
    };
    let given: Vec<&str> = ["sourceHydrator", "sources", "source"].into_iter().filter(|field| filled(field)).collect();
    match given[..] {
        [] => say("/spec", "has no source", "add `source`"),
        [_] => {}
        [first, second, ..] => {
            say(
                &format!("/spec/{second}"),
                &format!("has `{first}` and `{second}`: the second is not read"),
                "keep one of them",
            );
        }
    }
    for (pointer, source) in sources(app) {
        let has = |field: &str| source[field].as_str().is_some_and(|text| !text.is_empty());
        let alone = pointer == "/spec/source";
        if !has("repoURL") {
            say(&pointer, "has a source without repoURL", "name the repository");
        } else if !has("path") && !has("chart") && (alone || !has("ref")) {
            say(
                &pointer,
                "has a source with neither path nor chart",
                "add `path` for a folder of git, `chart` for Helm",
            );
        } else if has("chart") && !has("targetRevision") {
            say(&pointer, "takes a chart without a version", "add `targetRevision`");
        }
    }
    findings
}

fn application_destination(app: &Object<'_>) -> Vec<Finding> {
    let has = |field: &str| !app.text_at(&format!("/spec/destination/{field}")).is_empty();
    let (why, help) = match (has("server"), has("name")) {
        (true, true) => ("has a destination with server and name: Argo CD refuses it", "keep one of them"),
        (false, false) => (
            "has a destination with neither server nor name",
            "add `server: https://kubernetes.default.svc`, or the cluster's name",
        ),
        _ => return Vec::new(),
    };
    vec![app.error(Code::ApplicationDestination, "/spec/destination", format!("{} {why}", app.identity)).help(help)]
}

/// Sync options with the values that mean something; compared as whole texts.
const OPTIONS: [(&str, &[&str]); 14] = [
    ("ApplyOutOfSyncOnly", &["true", "false"]),
    ("ClientSideApplyMigration", &["true", "false"]),
    ("CreateNamespace", &["true", "false"]),
    ("Delete", &["true", "false", "confirm"]),
    ("FailOnSharedResource", &["true", "false"]),
    ("Force", &["true", "false"]),
    ("Prune", &["true", "false", "confirm"]),
    ("PruneLast", &["true", "false"]),
    ("PrunePropagationPolicy", &["foreground", "background", "orphan"]),
    ("Replace", &["true", "false"]),
    ("RespectIgnoreDifferences", &["true", "false"]),
    ("ServerSideApply", &["true", "false"]),
    ("SkipDryRunOnMissingResource", &["true", "false"]),
    ("Validate", &["true", "false"]),
];

fn unknown_option(object: &Object<'_>, pointer: &str, option: &str) -> Option<Finding> {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let help = match OPTIONS.iter().find(|(known, _)| *known == name) {
        Some((_, values)) if values.contains(&value) => return None,
        Some((_, values)) => did_you_mean(value, values),
        None => did_you_mean(name, &OPTIONS.map(|(known, _)| known)),
    };
    let message = format!("{} has the sync option `{option}`, which Argo CD passes over", object.identity);
    Some(object.warning(Code::SyncOption, pointer, message).help(help))
}

fn listed_options(app: &Object<'_>) -> Vec<Finding> {
    let options = app.all("/spec/syncPolicy/syncOptions/*");
    options.iter().filter_map(|(pointer, option)| unknown_option(app, pointer, option.as_str()?)).collect()
}

fn annotated_options(object: &Object<'_>) -> Vec<Finding> {
    let name = "argocd.argoproj.io/sync-options";
    let options = object.annotation(name).split(',').map(str::trim).filter(|option| !option.is_empty());
    let pointer = "/metadata/annotations/argocd.argoproj.io~1sync-options";
    options.filter_map(|option| unknown_option(object, pointer, option)).collect()
}

fn sync_wave(object: &Object<'_>) -> Vec<Finding> {
    let wave = object.annotation("argocd.argoproj.io/sync-wave");
    if wave.is_empty() || wave.parse::<i64>().is_ok() {
        return Vec::new();
    }
    let message = format!("{} has the sync wave {wave:?}: no number, so it counts as 0", object.identity);
    let finding = object.error(Code::SyncWave, "/metadata/annotations/argocd.argoproj.io~1sync-wave", message);
    vec![finding.help("write an integer in quotes, as \"-10\"")]
}

fn has_option(app: &Object<'_>, option: &str) -> bool {
    app.items("/spec/syncPolicy/syncOptions").iter().any(|o| o == option)
}

fn replace_beside_apply(app: &Object<'_>) -> Vec<Finding> {
    let options = app.all("/spec/syncPolicy/syncOptions/*");
    let apply = options.iter().find(|(_, option)| *option == "ServerSideApply=true");
    let Some((pointer, _)) = apply.filter(|_| has_option(app, "Replace=true")) else { return Vec::new() };
    let finding = without_effect(app, pointer, "");
    let message = format!("`ServerSideApply=true` of {} does nothing: `Replace=true` comes before it", app.identity);
    vec![Finding { message, ..finding }.help("keep one of them")]
}

/// Repositories whose main branch is work in progress.
fn is_upstream(source: &Value) -> bool {
    source["repoURL"].as_str().is_some_and(|url| url.contains("github.com/kubernetes-sigs/gateway-api"))
}

fn floating_revision(app: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, source) in sources(app).into_iter().filter(|(_, source)| is_upstream(source)) {
        let revision = source["targetRevision"].as_str().unwrap_or_default();
        if !["", "HEAD", "main", "master"].contains(&revision) && !is_range(revision) {
            continue;
        }
        let message = format!("{} takes CRDs from a branch: kinds come and go with it", app.identity);
        let at = if revision.is_empty() { pointer } else { format!("{pointer}/targetRevision") };
        let finding = app.warning(Code::FloatingVersion, &at, message);
        findings.push(finding.help(format!("name a tag under `targetRevision`, as `v{}`", seen::GATEWAY_API)));
    }
    findings
}

/// Charts with a CRD of more than 262,144 bytes, which is what the annotation of client-side apply may have, and the values
/// that switch their CRDs off.
const LARGE: [(&str, &[&str]); 5] = [
    ("agentgateway-crds", &[]),
    ("cloudnative-pg", &["crds.create"]),
    ("external-secrets", &["installCRDs", "crds.createClusterSecretStore"]),
    ("keda", &["crds.install"]),
    ("argo-cd", &["crds.install"]),
];

fn large_crds(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (chart, switches) in LARGE {
        for (app, pointer, source) in charts(world, chart) {
            let off =
                |switch: &&str| ![Given::Nothing, Given::Value(true.into())].contains(&chart_value(source, switch));
            let skipped = source["helm"]["skipCrds"] == true || switches.iter().any(off);
            let other = ["ServerSideApply=true", "Replace=true"].iter().any(|option| has_option(app, option));
            if skipped || other {
                continue;
            }
            let message = format!(
                "{} applies {chart} on the client's side: a CRD of it is larger than that can carry",
                app.identity
            );
            let finding = app.error(Code::LargeCrds, &format!("{pointer}/chart"), message);
            findings.push(finding.help("add `ServerSideApply=true` to `syncPolicy.syncOptions`"));
        }
    }
    findings
}

/// The first Application that takes a folder of that repository in a version from `least` on.
fn from_repository<'w, 'a>(
    world: &'w World<'a>,
    repository: &str,
    least: [u32; 2],
) -> Option<(&'w Object<'a>, String)> {
    let all = applications(world)
        .flat_map(|app| sources(app).into_iter().map(move |(pointer, source)| (app, pointer, source)));
    let mut hits = all.filter(|(_, _, source)| {
        let url = source["repoURL"].as_str().unwrap_or_default().trim_end_matches(".git");
        url.ends_with(repository)
            && version(source["targetRevision"].as_str().unwrap_or_default()).is_some_and(|v| v >= least)
    });
    hits.next().map(|(app, pointer, _)| (app, format!("{pointer}/targetRevision")))
}

fn incompatible_versions(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let old = charts(world, "agentgateway").into_iter().find(|(_, _, source)| {
        version(source["targetRevision"].as_str().unwrap_or_default()).is_some_and(|v| v <= [1, 2])
    });
    if let (Some((controller, ..)), Some((app, pointer))) =
        (old, from_repository(world, "kubernetes-sigs/gateway-api", [1, 6]))
    {
        let message = format!(
            "{} brings Gateway API 1.6 or later, on which {} waits for ever",
            app.identity, controller.identity
        );
        let finding = app.error(Code::IncompatibleVersions, &pointer, message);
        findings.push(
            finding
                .help(format!("agentgateway 1.2 watches TCPRoute v1alpha2, gone in 1.6: take v{}", seen::GATEWAY_API)),
        );
    }
    let lost = ["InferenceObjective", "InferenceModelRewrite"]
        .into_iter()
        .find_map(|kind| world.objects.of(INFERENCE_X, kind).next());
    let repository = "kubernetes-sigs/gateway-api-inference-extension";
    if let (Some(object), Some((app, pointer))) = (lost, from_repository(world, repository, [1, 6])) {
        let message = format!(
            "{} brings the inference extension 1.6 or later, which has no {}",
            app.identity, object.identity.kind
        );
        let finding = app.error(Code::IncompatibleVersions, &pointer, message);
        findings.push(finding.help(format!("stay with v{}, or move to the kinds of llm-d", seen::INFERENCE)));
    }
    findings
}

/// Gateway API's bundle holds one ValidatingAdmissionPolicy, so two that bring the bundle undo each other's.
fn two_crd_owners(world: &World<'_>) -> Vec<Finding> {
    let policy = "safe-upgrades.gateway.networking.k8s.io";
    let file = world.objects.get("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "", policy);
    let brings = |app: &&Object<'_>| {
        sources(app).iter().any(|(_, source)| {
            let git = source["repoURL"]
                .as_str()
                .is_some_and(|url| url.trim_end_matches(".git").ends_with("kubernetes-sigs/gateway-api"));
            // Envoy Gateway's chart has the bundle in it.
            let envoy =
                source["chart"].as_str().is_some_and(|c| c == "gateway-helm") && source["helm"]["skipCrds"] != true;
            git && source["path"].as_str().is_some_and(|p| p.starts_with("config/crd")) || envoy
        })
    };
    let owners: Vec<&Object<'_>> = file.into_iter().chain(applications(world).filter(brings)).collect();
    let [first, second, ..] = owners[..] else { return Vec::new() };
    let message = format!(
        "{} and {} both bring the bundle of Gateway API with its admission policy",
        first.identity, second.identity
    );
    let finding = second.warning(Code::TwoCrdOwners, "/metadata/name", message);
    vec![finding.help("let one of them own it; charts have a value or `skipCrds` to leave it out")]
}
