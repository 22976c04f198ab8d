//! What holds for every feature set and provider, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use gatewright::command::pipeline;
use gatewright::command::prove;
use gatewright::command::report;
use gatewright::command::sets::{self, Set};
use gatewright::group::catalog::{BUILTIN, Catalog};
use gatewright::group::file::Variant;
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::plan::resolve::Plan;
use gatewright::render::tree::{CLAIMS, FOLLOWING, Tree};
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::text::yaml;
use serde_json::Value;

fn catalog() -> Catalog {
    Catalog::new(&Default::default()).unwrap_or_else(|f| panic!("{}", report::text(&f)))
}

fn features(flags: &BTreeSet<&str>, profile: &str, settings: &str) -> String {
    let flags: String = flags.iter().map(|f| format!("  {f}: true\n")).collect();
    format!(
        "platform:\n  name: ai-dev\n  profile: {profile}\n  argocd: {{ repoURL: https://git.example.com/ai-platform.git }}\n\
         features:\n{flags}settings:\n{settings}"
    )
}

/// Renders one features.yaml and hands on what came of it; any finding fails the test.
fn rendered<T>(catalog: &Catalog, text: &str, memo: &Memo, then: impl FnOnce(&Plan<'_>, &Tree) -> T) -> T {
    rendered_with(catalog, text, false, memo, then)
}

/// The same, with the example manifests of the groups that are on.
fn rendered_with<T>(
    catalog: &Catalog,
    text: &str,
    examples: bool,
    memo: &Memo,
    then: impl FnOnce(&Plan<'_>, &Tree) -> T,
) -> T {
    let inputs = Inputs { features: Source::new("features.yaml", text), clusters: Vec::new() };
    let told = |findings: Vec<_>| -> ! { panic!("{text}\n{}", report::text(&findings)) };
    let mut clusters = pipeline::read(&inputs, catalog).unwrap_or_else(|f| told(f));
    if examples {
        clusters[0].manifests = prove::examples(catalog, &clusters[0]);
    }
    let rendered = pipeline::render(catalog, &clusters[0], memo).unwrap_or_else(|f| told(f));
    let findings = rendered.findings(&gatewright::verdict::crd::Crds::default());
    if !findings.is_empty() {
        told(findings);
    }
    let claims = gatewright::render::claims::claims(&rendered.plan, &rendered.bundle, &[]);
    let controls: BTreeSet<&str> = claims.iter().map(|c| c.control.as_str()).collect();
    assert_eq!(controls.len(), claims.len(), "two claims of one name: {text}");
    then(&rendered.plan, &rendered.tree())
}

/// A set with each of the other providers of these groups instead of the default one, one at a time.
fn with_others<'c>(
    catalog: &'c Catalog,
    set: &'c Set,
    of: impl Fn(&str) -> bool + 'c,
) -> impl Iterator<Item = Set> + 'c {
    let chosen = |group: &String, provider: &String| {
        let mut set = set.clone();
        (set.providers.insert(group.clone(), provider.clone()).as_ref() != Some(provider)).then_some(set)
    };
    let groups = set.providers.keys().filter(move |group| of(group));
    groups.flat_map(move |group| catalog.groups[group].variants.keys().filter_map(move |p| chosen(group, p)))
}

/// Few flags or nearly all with both profiles; and every provider once with all flags and once with none. `gatewright prove`
/// goes through all flags.
fn some_sets(catalog: &Catalog) -> Vec<String> {
    let all = catalog.features().len();
    let of_flags = sets::of_flags(catalog);
    let plain = of_flags.iter().filter(|set| set.flags.len() <= 2 || set.flags.len() + 1 >= all);
    let ends = of_flags.iter().filter(|set| set.flags.is_empty() || set.flags.len() == all);
    let sets = plain.cloned().chain(ends.flat_map(|set| with_others(catalog, set, |_| true)));
    sets.map(|set| set.features_yaml(catalog)).collect()
}

/// `prove` looks at every combination of flags and profiles, and any three choices meet in a set.
#[test]
fn any_three_choices_meet() {
    let catalog = catalog();
    let sets = sets::sets(&catalog);
    let features = catalog.features();
    let of = |set: &Set| -> Vec<String> {
        let flags = features.keys().map(|name| format!("{name} {}", set.flags.contains(*name)));
        let providers = set.providers.iter().map(|(group, provider)| format!("{group} {provider}"));
        flags.chain(providers).chain([format!("profile {}", set.profile)]).collect()
    };
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let all: Vec<Vec<usize>> = sets
        .iter()
        .map(|set| {
            let mut number = |choice| {
                let next = numbers.len();
                *numbers.entry(choice).or_insert(next)
            };
            of(set).into_iter().map(&mut number).collect()
        })
        .collect();
    let kinds = all[0].len();
    let choices = |k: usize| all.iter().map(|set| set[k]).collect::<BTreeSet<usize>>().len();
    for (a, b, c) in (0..kinds).flat_map(|a| (0..a).flat_map(move |b| (0..b).map(move |c| (a, b, c)))) {
        let met: BTreeSet<[usize; 3]> = all.iter().map(|set| [set[a], set[b], set[c]]).collect();
        assert_eq!(met.len(), choices(a) * choices(b) * choices(c), "{:?}", [a, b, c].map(|k| of(&sets[0])[k].clone()));
    }
    let flags: BTreeSet<_> = sets.iter().map(|set| (&set.flags, &set.profile)).collect();
    assert_eq!(flags.len(), sets::of_flags(&catalog).len());
}

/// No set of flags and no provider leads to a finding; the memo changes no byte; what is written reads back.
#[test]
fn every_feature_set_renders_soundly() {
    let catalog = catalog();
    let memo = Memo::default();
    let sets = some_sets(&catalog);
    for (n, text) in sets.iter().enumerate() {
        let tree = rendered_with(&catalog, text, true, &memo, |_, tree| tree.clone());
        if n % 16 == 0 {
            let again = rendered_with(&catalog, text, true, &Memo::default(), |_, tree| tree.clone());
            assert_eq!(tree, again, "{text}");
            // The claims have each piece of evidence on a line of its own.
            let canonical = |path: &str| path.ends_with(".yaml") && path != CLAIMS;
            for (path, file) in tree.iter().filter(|(path, _)| canonical(path)) {
                let values = kubeyaml::values(&Source::new(path.as_str(), &**file)).expect("own text");
                assert_eq!(values.len(), 1, "{path}");
                let head = file.split_inclusive('\n').next().unwrap_or_default();
                assert_eq!(&*format!("{head}{}", yaml::emit(&values[0])), &**file, "{path}");
            }
        }
    }
    assert!(sets.len() > 50, "{}", sets.len());
}

/// `prove` renders sets that come to the same once. Here each is rendered: their objects are equal, whatever the reason for
/// which a group is on and whatever provider one has that is off.
#[test]
fn sets_that_come_to_the_same_have_equal_objects() {
    let catalog = catalog();
    let may_be_off = |group: &str| catalog.groups[group].feature.is_some();
    let few: Vec<Set> = sets::of_flags(&catalog).into_iter().filter(|set| set.flags.len() <= 2).collect();
    let others = few.iter().flat_map(|set| with_others(&catalog, set, may_be_off));
    let mut same: BTreeMap<_, Vec<Set>> = BTreeMap::new();
    few.iter().cloned().chain(others).for_each(|set| same.entry(prove::outcome(&catalog, &set)).or_default().push(set));
    let memo = Memo::default();
    let several: Vec<_> = same.into_values().filter(|sets| sets.len() > 1).collect();
    assert!(several.len() > 20, "{}", several.len());
    for sets in several.iter().step_by(5) {
        let trees = sets.iter().map(|set| {
            rendered_with(&catalog, &set.features_yaml(&catalog), true, &memo, |_, tree| {
                let mut tree = tree.clone();
                FOLLOWING.iter().for_each(|path| drop(tree.remove(*path)));
                tree
            })
        });
        let trees: Vec<Tree> = trees.collect();
        assert!(trees.iter().all(|tree| *tree == trees[0]), "{}", sets[0].describe(&catalog));
    }
}

/// An empty list is not true: with every operator another's, nothing is claimed to be installed.
#[test]
fn an_empty_list_switches_no_claim_on() {
    let existing = "[gateway-api, inference-extension, agentgateway, cloudnative-pg, external-secrets]";
    let settings = format!("  operators: {{ existing: {existing} }}\n");
    rendered(&catalog(), &features(&BTreeSet::new(), "cost", &settings), &Memo::default(), |_, tree| {
        assert!(!tree.keys().any(|path| path.contains("agentgateway-crds")));
    });
}

/// What is off leaves no trace in any file, groups.yaml and the index included.
#[test]
fn what_is_off_leaves_no_trace() {
    let catalog = catalog();
    let words: [(&str, &[&str]); 9] = [
        ("agentic", &["agentic", "aigateway", "toolgateway"]),
        ("edge", &["edge", "certificate", "hostname:"]),
        ("egress", &["anthropic", "claude", "gemini", "bedrock", "vertex", "azure", "egress"]),
        ("mcp", &["mcp", "modelcontextprotocol", "jwt"]),
        ("identity", &["dex", "identity", "issuer"]),
        ("autoscaling", &["keda", "scaledobject", "flowcontrol", "autoscal"]),
        ("tracing", &["otel", "opentelemetry", "sampling"]),
        ("observability", &["podmonitor", "prometheusrule", "grafana", "dashboard", "observability", "scrapers"]),
        ("cache", &["valkey", "cache_params", "redis_password", "envoyproxy"]),
    ];
    let names: BTreeSet<&str> = catalog.features().keys().copied().collect();
    assert_eq!(names, words.iter().map(|(f, _)| *f).collect(), "a feature without words here");
    for (off, words) in words {
        let on = names.iter().copied().filter(|f| *f != off && (off != "identity" || *f != "mcp")).collect();
        for flags in [on, BTreeSet::new()] {
            let edge = "  edge: { provider: secret-store, hostnames: [ai.example.com] }\n";
            let settings = if flags.contains("edge") { edge } else { "  {}\n" };
            rendered(&catalog, &features(&flags, "cost", settings), &Memo::default(), |_, tree| {
                // The AppProject allows the same whatever is on: one that shrinks keeps Argo CD from deleting what goes.
                // The request guard knows the shapes of calls, whatever answers them.
                // Evidence of claims names what must be absent.
                let others = ["/appproject-", "litellm-request-guard", CLAIMS];
                let follows = |path: &str| others.iter().all(|other| !path.contains(other));
                for (path, text) in tree.iter().filter(|(path, _)| follows(path)) {
                    for word in words {
                        // A NetworkPolicy for egress is another thing, as is the shape of a call to any model; identity is needed
                        // by mcp and so is `issuer`.
                        let text = format!("{path}\n{}", text.to_lowercase())
                            .replace("- egress", "")
                            .replace("\"egress\"", "")
                            .replace("/spec/egress", "")
                            .replace("use_chat_completions_url_for_anthropic_messages", "")
                            .replace("\n  egress:", "");
                        assert!(!text.contains(word), "{off} is off, and {path} says `{word}` with {flags:?} on");
                    }
                }
            });
        }
    }
}

/// No setting is declared and unread: a template or an expression of the group names it, or takes what it stands in whole.
#[test]
fn every_setting_is_read() {
    let catalog = catalog();
    for group in catalog.groups.values() {
        let mut texts = fs::read_to_string(format!("groups/{}.yaml", group.name)).expect("a group file");
        let mut inputs: BTreeSet<String> = BTreeSet::new();
        for (name, text, _) in BUILTIN {
            let component = name.strip_prefix("templates/").and_then(|n| n.split('/').next()).unwrap_or_default();
            let objects = |v: &Variant| v.text.agentic.as_ref().and_then(|a| a.objects.clone());
            let named = |v: &Variant, d: &String| v.text.documents.values().any(|other| &other.template == d);
            let documents = |v: &Variant| {
                let file = name.trim_start_matches("templates/").to_owned();
                named(v, &file) || objects(v).as_ref() == Some(&file)
            };
            if group.variants.values().any(|v| v.text.components.contains_key(component) || documents(v)) {
                texts += text;
                inputs.extend(catalog.templates.inputs(name).map(str::to_owned));
            }
        }
        // What is said of gateways beyond their objects is read by the model of the contracts.
        if group.variants.values().any(|v| v.text.agentic.is_some()) {
            for module in ["model", "litellm"] {
                texts += &fs::read_to_string(format!("src/agentic/{module}.rs")).expect("a module");
            }
        }
        for (provider, variant) in &group.variants {
            for path in variant.schema.paths().iter().filter(|p| *p != "provider") {
                let leaf = path.rsplit('.').next().unwrap_or_default();
                let spellings = [format!(".{leaf}"), format!("\"{leaf}\""), format!("extras: /{leaf}\n")];
                let named = spellings.iter().any(|spelling| texts.contains(spelling));
                let ancestors = path.match_indices('.').map(|(i, _)| &path[..i]).filter(|a| !a.contains('*'));
                let whole = |a: &str| {
                    inputs.contains(&format!("settings.{a}"))
                        || [" ", "[", ",", ")"].iter().any(|end| texts.contains(&format!("settings.{a}{end}")))
                        || texts.contains(&format!("extras: /{a}\n"))
                };
                let in_list = path.contains('*');
                let taken = ancestors.rev().any(whole) && (!in_list || parent_is_whole(path, &texts));
                assert!(
                    named || taken,
                    "settings.{}.{path} (provider `{provider}`) is declared and never read",
                    group.name
                );
            }
        }
    }
}

/// Inside a list or table nothing but the text tells whether an item is passed on whole.
fn parent_is_whole(path: &str, texts: &str) -> bool {
    let whole = |name: &str| ["}}", "| image_ref }}"].iter().any(|end| texts.contains(&format!(".{name} {end}")));
    path.split('.').rev().skip(1).any(|name| name == "*" || whole(name))
}

/// Who writes a group finds each shape and each filter in its documentation, and each shape is taken somewhere.
#[test]
fn shapes_and_filters_are_documented() {
    let docs = fs::read_to_string("docs/groups.md").expect("docs/groups.md");
    let row = |name: &str| docs.lines().any(|line| line.starts_with('|') && line.contains(name));
    for name in gatewright::group::template::filters::NAMES {
        assert!(row(&format!("| {name}")), "no row of the filter {name}");
    }
    for (path, ..) in BUILTIN.iter().filter(|(path, ..)| path.starts_with("shapes/")) {
        let name = path.trim_start_matches("shapes/").trim_end_matches(".yaml");
        assert!(row(&format!("`{name}`")), "no row of the shape {name}");
        let taken =
            |text: &str| text.split([' ', '\n', ',']).collect::<Vec<_>>().windows(2).any(|w| w == ["shape:", name]);
        assert!(BUILTIN.iter().any(|(_, text, _)| taken(text)), "nothing takes the shape {name}");
    }
}

/// Every group, provider and component appears in some golden case, and the repository's own file is one of them.
#[test]
fn golden_cases_show_everything() {
    let catalog = catalog();
    let (mut groups, mut components) = (BTreeSet::new(), BTreeSet::new());
    for case in gatewright::disk::read::cases("golden".as_ref()).expect("golden/") {
        let folder = std::path::Path::new("golden").join(&case);
        for cluster in
            gatewright::command::clusters::clusters(&folder, "features.yaml".as_ref(), &catalog).expect("sound")
        {
            let rendered = pipeline::render(&catalog, &cluster, &Memo::default()).expect("sound");
            let on = rendered.plan.choices.values().filter(|c| c.on);
            groups.extend(on.map(|c| (c.group.name.clone(), c.provider.to_owned())));
            components.extend(rendered.plan.components.iter().map(|c| c.name.clone()));
        }
    }
    for group in catalog.groups.values() {
        for (provider, variant) in &group.variants {
            assert!(groups.contains(&(group.name.clone(), provider.clone())), "{} {provider}", group.name);
            for component in variant.text.components.keys() {
                assert!(components.contains(component), "component {component} is in no golden case");
            }
        }
    }
    let (own, case) = (fs::read_to_string("features.yaml"), fs::read_to_string("golden/default/features.yaml"));
    assert_eq!(own.expect("features.yaml"), case.expect("golden/default/features.yaml"));
}

/// Emission is one text per value whatever the template's spelling.
#[test]
fn spelling_of_a_template_does_not_matter() {
    let read = |text: &str| kubeyaml::values(&Source::new("t", text)).expect("yaml").remove(0);
    let one = read("a: {b: [1, 'x'], c: \"yes\"}\n");
    let two = read("a:\n    b:\n    - 1\n    - x\n    c: 'yes'\n");
    assert_eq!(yaml::emit(&one), yaml::emit(&two));
    assert_eq!(yaml::emit(&Value::Null), "null\n");
}
