//! All rules over one cluster. They look, they never edit, and none looks at a file.

use std::cell::OnceCell;

use serde_json::Value;

use crate::agentic;
use crate::agentic::seen::Seen;
use crate::chain;
use crate::group::claim::{Evidence, Promise};
use crate::group::rule::Around;
use crate::object::api_group::NETWORKING;
use crate::object::litellm_config;
use crate::object::object::{Identity, Object, ObjectRule};
use crate::object::placeholder;
use crate::plan::resolve::Plan;
use crate::products::{agentgateway, argocd, cnpg, eso, inference, keda, kubernetes, litellm, otel, prometheus, vllm};
use crate::references::application;
use crate::references::delivery::Delivery;
use crate::references::inventory::Inventory;
use crate::references::manifests::Manifests;
use crate::references::world::{World, WorldRule};
use crate::references::{self, port_names, silence};
use crate::render::bundle::Bundle;
use crate::render::canonical::canonical;
use crate::render::claims::{self, Claim};
use crate::render::evidence::{self, Gap, Kinds, Texts};
use crate::text::finding::{Code, Finding, Severity};
use crate::text::secret;
use crate::verdict::crd::{Crds, Verdict};
use crate::verdict::violation::Violation;

/// Rules that look at one object alone, by subject.
const OF_OBJECTS: &[&[ObjectRule]] = &[
    &[secret_material, references::filled::templates, litellm::advisories::releases],
    agentgateway::backend::OF_OBJECTS,
    agentgateway::expression::OF_OBJECTS,
    agentgateway::jwt::OF_OBJECTS,
    agentgateway::overlay::OF_OBJECTS,
    inference::pool::OF_OBJECTS,
    inference::listening::OF_OBJECTS,
    kubernetes::image::OF_OBJECTS,
    vllm::arguments::OF_OBJECTS,
    vllm::pods::OF_OBJECTS,
    cnpg::webhook::OF_OBJECTS,
    cnpg::cluster::OF_OBJECTS,
    cnpg::parameters::OF_OBJECTS,
    eso::external_secret::OF_OBJECTS,
    eso::stores::OF_OBJECTS,
    argocd::application::OF_OBJECTS,
    argocd::chart_values::OF_OBJECTS,
    kubernetes::pods::OF_OBJECTS,
    kubernetes::names::OF_OBJECTS,
    kubernetes::roles::OF_OBJECTS,
    otel::collector::OF_OBJECTS,
    argocd::sync::OF_OBJECTS,
    argocd::words::OF_OBJECTS,
    argocd::windows::OF_OBJECTS,
    argocd::ignored::OF_OBJECTS,
    cnpg::parameters::OF_OBJECTS,
    prometheus::alerts::OF_OBJECTS,
    argocd::permissions::OF_OBJECTS,
    argocd::application_set::OF_OBJECTS,
    litellm::spelling::OF_OBJECTS,
    keda::triggers::OF_OBJECTS,
];

/// Rules that look at all objects of a cluster, by subject.
const OF_WORLDS: &[&[WorldRule]] = &[
    &[repeated],
    agentgateway::backend::OF_WORLDS,
    agentgateway::expression::OF_WORLDS,
    agentgateway::policy::OF_WORLDS,
    agentgateway::jwt::OF_WORLDS,
    agentgateway::routing::OF_WORLDS,
    agentgateway::gateway::OF_WORLDS,
    inference::pool::OF_WORLDS,
    inference::listening::OF_WORLDS,
    vllm::arguments::OF_WORLDS,
    keda::scaled_object::OF_WORLDS,
    prometheus::queries::OF_WORLDS,
    cnpg::cluster::OF_WORLDS,
    eso::external_secret::OF_WORLDS,
    argocd::application::OF_WORLDS,
    argocd::sync::OF_WORLDS,
    argocd::drift::OF_WORLDS,
    inference::picked::OF_WORLDS,
    kubernetes::scaled::OF_WORLDS,
    kubernetes::roles::OF_WORLDS,
    argocd::ignored::OF_WORLDS,
    kubernetes::pods::OF_WORLDS,
    kubernetes::names::OF_WORLDS,
    kubernetes::scaling::OF_WORLDS,
    agentgateway::nobody::OF_WORLDS,
    &[chain::scaling::triggers],
];

/// Rules that look at everything the cluster will have.
const OF_INVENTORIES: &[fn(&Inventory<'_, '_>) -> Vec<Finding>] = &[
    references::resolver::references,
    references::presence::namespaces,
    references::presence::kinds,
    references::presence::makers,
    references::presence::charts,
    references::selection::selection,
    references::transport::protocols,
    references::admission::admission,
    references::attachment::listeners,
    references::attachment::grants,
    references::attachment::stores,
    chain::proxies::proxies,
    agentgateway::global_limit::limits,
    references::policies::targets,
    references::containers::containers,
    references::containers::claims,
    references::rights::bindings,
    references::policies::open,
    references::dns::shut_out,
    references::hosts::addresses,
    references::filled::logins,
    references::filled::addresses,
    references::filled::pushed,
    |inventory| argocd::owners::waves(inventory).into_iter().collect(),
    argocd::owners::projects,
    argocd::owners::paths,
    argocd::owners::owners,
    argocd::projects::shrinking,
    argocd::files::slips,
];

/// Everything that is wrong with a cluster's objects, and what its silences miss.
pub fn check(world: &World<'_>, crds: &Crds) -> Vec<Finding> {
    let mut all = findings(world, crds);
    all.extend(agentic::contract_rules::check_objects(&world.objects, world.closed));
    if !world.closed {
        all.retain(|finding| !placeholder::decides(finding) && !is_completed(world, finding));
        all.iter_mut().for_each(soften);
    }
    all.extend(promises(world));
    silence::apply(all, world.silences, world.pages)
}

/// A field that a patch of a kustomization may bring, or a key that it may read elsewhere.
fn is_completed(world: &World<'_>, finding: &Finding) -> bool {
    let lacks = finding.code == Code::InvalidField && finding.message.contains("` needs `");
    // A file that says that it is a part of an object: of kubeadm, of Spark, of a chart.
    let path = finding.place.as_ref().map(|place| place.source.name.as_str()).unwrap_or_default();
    let says = |word: &str| ["patch", "patches"].contains(&word);
    if lacks && (path.split(|c: char| !c.is_ascii_alphanumeric()).any(says) || path.contains("pod-template")) {
        return true;
    }
    let needs = lacks || finding.code == Code::MissingKey;
    let (Some(beyond), Some(about)) = (world.beyond.filter(|_| needs), &finding.about) else { return false };
    let (kind, name) = about.object.split_once(' ').unwrap_or_default();
    let (namespace, name) = name.rsplit_once('/').unwrap_or(("", name));
    beyond.is_changed(kind, namespace, name)
}

/// What a folder of others does not settle is a warning: which release of an operator a cluster runs, what else lies in its
/// namespaces, and whether two files reach it together.
fn soften(finding: &mut Finding) {
    let other_file = || {
        let own = finding.place.as_ref().map(|place| &place.source.name);
        finding.related.iter().any(|(place, _)| Some(&place.source.name) != own)
    };
    let open = match finding.code {
        // A kustomization may give the Service another name.
        // And of two policies one may be another choice.
        Code::ApiNotServed | Code::EmptySelection | Code::ServiceLinks | Code::PolicyConflict => true,
        Code::RouteConflict => other_file(),
        // And of two scalers as well.
        Code::KedaRefuses => other_file(),
        // Taken from a cluster: a first `kubectl apply` passes over it, a server-side one does not.
        Code::InvalidMetadata => finding.message.contains("cannot be given: the server"),
        _ => false,
    };
    // A workload that does not select its own pods is refused wherever it lies.
    if open && !finding.message.ends_with("its own pods") {
        finding.severity = Severity::Warning;
    }
}

/// The same for a cluster that was rendered here, whose plan and claims are known.
pub fn check_rendered(plan: &Plan<'_>, bundle: &Bundle, crds: &Crds) -> Vec<Finding> {
    check_with(plan, bundle, &Manifests::default(), crds)
}

/// The same with the files of others in the cluster's folder.
pub fn check_with(plan: &Plan<'_>, bundle: &Bundle, others: &Manifests, crds: &Crds) -> Vec<Finding> {
    let folder = format!("{}/", plan.cluster);
    let world = World::of_bundle(plan, bundle, &folder).with(others);
    silence::apply(told(plan, bundle, &world, crds), world.silences, world.pages)
}

/// The claims of such a cluster, with what findings undo of them, silenced or not.
pub fn claims_of(plan: &Plan<'_>, bundle: &Bundle, others: &Manifests) -> Vec<Claim> {
    let folder = format!("{}/", plan.cluster);
    let world = World::of_bundle(plan, bundle, &folder).with(others);
    let foreign: Vec<(&Identity, &Value)> = others.documents.iter().map(|d| (&d.identity, &d.value)).collect();
    claims::lowered(plan, claims::claims(plan, bundle, &foreign), &told(plan, bundle, &world, &Crds::default()))
}

fn told(plan: &Plan<'_>, bundle: &Bundle, world: &World<'_>, crds: &Crds) -> Vec<Finding> {
    let mut all = findings(world, crds);
    // The contracts are looked at where they were written, not where they are passed on.
    let contracts = plan.agentic.objects();
    let seen = Seen { objects: &contracts, policies: &world.objects, model: &plan.agentic.model, closed: true };
    all.extend(agentic::contract_rules::check(&seen));
    all.extend(claims::gaps(plan, &claims::claims(plan, bundle, &[])));
    all
}

fn findings(world: &World<'_>, crds: &Crds) -> Vec<Finding> {
    let mut findings = Vec::new();
    let around = Around { platform: world.platform, running: &|product| application::running(world, product) };
    for object in
        world.objects.iter().chain(&world.repeated).filter(|o| o.facts.is_none_or(|facts| facts.clean.get().is_none()))
    {
        let before = findings.len();
        OF_OBJECTS.iter().copied().flatten().for_each(|rule| findings.extend(rule(object)));
        world.pages.look(object, false, &around, &mut findings);
        litellm::config_rules::config(object, world.pages, &around, &mut findings);
        // The rule knows what took its place; the definition only knows that it is gone.
        let gone = findings[before..].iter().any(|f| f.code == Code::ApiNotServed);
        let refused = refused(object, crds, world.closed, &findings[before..]);
        findings.extend(refused.into_iter().filter(|f| !(gone && f.code == Code::VersionNotServed)));
        if let Some(facts) = object.facts.filter(|_| findings.len() == before) {
            facts.clean.get_or_init(|| ());
        }
    }
    for object in world.objects.iter() {
        world.pages.look(object, true, &around, &mut findings);
        let configs = if world.pages.know_configs(true) { litellm_config::of_object(object) } else { Vec::new() };
        let configs = configs.into_iter().flatten();
        configs.for_each(|config| world.pages.look_at_config(&config.part, true, &around, &mut findings));
    }
    OF_WORLDS.iter().copied().flatten().for_each(|rule| findings.extend(rule(world)));
    let inventory = Inventory::new(world, crds.scopes());
    OF_INVENTORIES.iter().for_each(|rule| findings.extend(rule(&inventory)));
    findings
}

/// What a rendered folder claims and no longer shows.
fn promises(world: &World<'_>) -> Vec<Finding> {
    let objects = || world.objects.iter().chain(&world.repeated);
    let all: Vec<(&Identity, &Value)> = objects().map(|o| (o.identity, o.value)).collect();
    let texts = Texts::among(world.promises.iter().flat_map(|p| &p.evidence), &all);
    let kinds = Kinds::of(all.iter().copied());
    let forms: OnceCell<Vec<(&Identity, Value)>> = OnceCell::new();
    let one = |promise: &Promise| -> Vec<Finding> {
        let gap = |evidence: &Evidence| {
            let gap = evidence::gap(evidence, kinds.asked(evidence), &texts)?;
            // Another way to write the same is none.
            let form = |o: &Object<'_>| {
                let policy = if o.is(NETWORKING, "NetworkPolicy") { port_names::numbered(world, o) } else { None };
                canonical("", policy.as_ref().unwrap_or(o.value))
            };
            let forms = forms.get_or_init(|| objects().map(|o| (o.identity, form(o))).collect());
            let forms = forms.iter().map(|(identity, value)| (*identity, value));
            evidence::gap(&evidence::plain(evidence), forms, &texts).map(|_| gap)
        };
        let gaps = promise.evidence.iter().filter_map(gap);
        let tell = |gap: Gap<'_>| {
            let message = format!(
                "the claim `{}` of group `{}` lacks evidence: {}",
                promise.control, promise.group, gap.sentence
            );
            let object = gap.object.and_then(|i| world.objects.get(&i.group, &i.kind, &i.namespace, &i.name));
            let finding = match object {
                Some(object) => object.error(Code::ClaimGap, &gap.pointer, message),
                None => Finding::error(Code::ClaimGap, message),
            };
            finding.help("it was rendered with the folder: render again, or change features.yaml")
        };
        gaps.map(tell).collect()
    };
    world.promises.iter().flat_map(one).collect()
}

/// What the API server would refuse the object for. Where nobody says of which release it is, another one may take it, and what
/// a rule told of a place is enough.
fn refused(object: &Object<'_>, crds: &Crds, closed: bool, told: &[Finding]) -> Vec<Finding> {
    let Verdict::Judged(violations) = crds.verdict(object.value) else { return Vec::new() };
    let refused = violations.into_iter().map(|violation| refusal(object, violation));
    if closed || !crds.is_likely(&object.identity.group, &object.identity.kind) {
        return refused.collect();
    }
    let is_told = |finding: &Finding| told.iter().any(|other| other.place == finding.place);
    // Older releases served older versions.
    let older = |finding: &Finding| finding.code == Code::VersionNotServed && !crds.is_beyond(object.value);
    let own = refused.filter(|finding| !older(finding) && !is_told(finding));
    own.map(|finding| Finding { severity: Severity::Warning, ..finding }).collect()
}

/// One reason of the API server to refuse an object, as a finding on it.
pub fn refusal(object: &Object<'_>, violation: Violation) -> Finding {
    let message = format!("{}: {}", object.identity, violation.message);
    let pointer = violation.pointer.clone();
    violation.on(object, &pointer, message)
}

/// One object has one owner: of two with one identity the cluster keeps the one applied last. What we render holds copies, one
/// of which no Application delivers: it is applied once, by hand.
fn repeated(world: &World<'_>) -> Vec<Finding> {
    if world.repeated.is_empty() {
        return Vec::new();
    }
    let delivery = Delivery::new(world);
    let delivered = |object: &Object<'_>| !delivery.of(object.path).is_empty();
    let is_copy = |object: &&Object<'_>| {
        let id = object.identity;
        let first = world.objects.get(&id.group, &id.kind, &id.namespace, &id.name);
        let copy = |first: &Object<'_>| first.text == object.text || delivered(first) != delivered(object);
        world.closed && first.is_some_and(copy)
    };
    let one = |object: &Object<'_>| {
        let finding =
            object.error(Code::DuplicateObject, "/metadata/name", format!("{} stands twice", object.identity));
        let finding = finding.help("one object has one owner: rename one, or drop it");
        // Nothing tells that two files in a folder of others reach one cluster.
        let id = object.identity;
        let Some(first) = world.objects.get(&id.group, &id.kind, &id.namespace, &id.name) else { return finding };
        let apart = !world.closed && first.path != object.path;
        let severity = if apart { Severity::Warning } else { Severity::Error };
        Finding { severity, ..finding.related(first.place("/metadata/name"), "here it stands first") }
    };
    world.repeated.iter().filter(|object| !is_copy(object)).map(one).collect()
}

/// Keys live in the data plane: nothing that looks like one may stand in a file.
fn secret_material(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let identity = object.identity;
    if secret::kube::is_filled(object.value) {
        let finding = object.error(Code::SecretMaterial, "/kind", format!("{identity} is a Secret in git"));
        findings.push(finding.help("let an ExternalSecret fill it; a group declares it under `secrets:`"));
    }
    secret::kube::keys(object.value, &mut |pointer, what| {
        let finding = object.error(Code::SecretMaterial, pointer, format!("{identity} holds {what}"));
        findings.push(finding.help("render a reference to a Secret that an ExternalSecret fills"));
    });
    findings
}
