//! A second resolver, written from docs/groups.md alone: it tries every set of groups instead of following requirements.
//! It and `resolve::resolve` must agree on every feature set of the catalog, on sets with `false` flags, and on made-up
//! catalogs with contradictions, open choices and circles.

use std::collections::{BTreeMap, BTreeSet};

use gatewright::command::pipeline;
use gatewright::command::report;
use gatewright::command::sets;
use gatewright::group::catalog::{BUILTIN, Catalog};
use gatewright::group::memo::Memo;
use gatewright::plan::choice;
use gatewright::plan::features::{Cluster, Inputs};
use gatewright::plan::resolve;
use gatewright::text::finding::Finding;
use gatewright::text::source::Source;
use rayon::prelude::*;
use serde_json::{Value, json};

/// What a group file says about choosing, with one provider laid over it.
#[derive(Clone, Debug, Default)]
struct Shape {
    requires: BTreeSet<String>,
    uses: BTreeSet<String>,
    gives: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Group {
    feature: Option<String>,
    /// Profiles in which it is on unless its flag says otherwise.
    on_in: BTreeSet<String>,
    default: Option<String>,
    /// By provider; `""` when there are none.
    shapes: BTreeMap<String, Shape>,
}

type Groups = BTreeMap<String, Group>;

/// What a user says: flags, and a provider for some groups.
#[derive(Clone, Debug, Default)]
struct Wish {
    profile: String,
    flags: BTreeMap<String, bool>,
    providers: BTreeMap<String, String>,
}

/// Groups that are on with their providers, or the codes of what is wrong.
type Verdict = Result<BTreeMap<String, String>, BTreeSet<&'static str>>;

fn group(text: &str) -> Group {
    let file: Value = serde_yaml::from_str(text).expect("a group file is YAML");
    let names = |part: &Value, key: &str| -> BTreeSet<String> {
        let list = part[key].as_array().into_iter().flatten();
        list.map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    let shape = |part: &Value| Shape {
        requires: names(part, "requires"),
        uses: names(part, "uses"),
        gives: {
            let provides = part["provides"].as_object().into_iter().flatten();
            provides
                .filter(|(_, fields)| fields.is_object() && fields.get("for").is_none())
                .map(|(name, _)| name.clone())
                .collect()
        },
    };
    let base = shape(&file);
    let mut shapes = BTreeMap::new();
    for (name, part) in file["providers"].as_object().into_iter().flatten() {
        let mut merged = shape(part);
        merged.requires.extend(base.requires.clone());
        merged.uses.extend(base.uses.clone());
        merged.gives.extend(base.gives.clone());
        shapes.insert(name.clone(), merged);
    }
    if shapes.is_empty() {
        shapes.insert(String::new(), base);
    }
    let text = |key: &str| file[key].as_str().map(str::to_owned);
    Group { feature: text("feature"), on_in: names(&file, "onIn"), default: text("provider"), shapes }
}

/// Tries every set of groups; `None` for a group whose provider nobody chose, with its first one in its place.
fn brute_force(groups: &Groups, wish: &Wish) -> Verdict {
    let names: Vec<&str> = groups.keys().map(String::as_str).collect();
    let chosen = |name: &str| wish.providers.get(name).or(groups[name].default.as_ref());
    let shapes: Vec<&Shape> = names
        .iter()
        .map(|name| &groups[*name].shapes)
        .zip(&names)
        .map(|(shapes, name)| chosen(name).map_or_else(|| shapes.values().next().expect("a shape"), |p| &shapes[p]))
        .collect();
    let flag = |i: usize| groups[names[i]].feature.as_ref().and_then(|f| wish.flags.get(f));
    let bits = |test: &dyn Fn(usize) -> bool| (0..names.len()).filter(|i| test(*i)).fold(0_u64, |set, i| set | 1 << i);
    let of_profile = |i: usize| flag(i).is_none() && groups[names[i]].on_in.contains(&wish.profile);
    let always = bits(&|i| groups[names[i]].feature.is_none() || flag(i) == Some(&true) || of_profile(i));
    let never = bits(&|i| flag(i) == Some(&false));
    let givers = |capability: &str| bits(&|i| shapes[i].gives.contains(capability));
    // By group: the sets of groups that could meet each of its requirements.
    let wants: Vec<Vec<u64>> = shapes.iter().map(|s| s.requires.iter().map(|c| givers(c)).collect()).collect();

    // A set is closed when it holds the one group that can meet a requirement, wherever there is just one.
    let closed = |set: u64| {
        let possible = |i: usize| wants[i].iter().map(|givers| givers & !never).filter(|g| g.count_ones() == 1);
        set & always == always
            && set & never == 0
            && (0..names.len()).all(|i| set >> i & 1 == 0 || possible(i).all(|g| set & g == g))
    };
    let open: Vec<usize> = (0..names.len()).filter(|i| (always | never) >> i & 1 == 0).collect();
    let subset =
        |n: usize| open.iter().enumerate().filter(|(k, _)| n >> k & 1 == 1).fold(always, |set, (_, i)| set | 1 << i);
    let all: Vec<u64> = (0..1 << open.len()).map(subset).filter(|set| closed(*set)).collect();
    let least = all.iter().fold(u64::MAX, |least, set| least & set);
    assert!(all.contains(&least), "closed sets without a least one");

    let on: Vec<usize> = (0..names.len()).filter(|i| least >> i & 1 == 1).collect();
    let mut wrong = BTreeSet::new();
    for i in &on {
        for givers in &wants[*i] {
            match ((givers & least).count_ones(), givers & !never, givers & never) {
                (0, 0, 0) => drop(wrong.insert("ambiguous-provider")),
                (0, 0, _) => drop(wrong.insert("forbidden-feature")),
                (0, _, _) => drop(wrong.insert("ambiguous-provider")),
                _ => {}
            }
        }
        if chosen(names[*i]).is_none() && !groups[names[*i]].shapes.contains_key("") {
            wrong.insert("ambiguous-provider");
        }
        for capability in &shapes[*i].gives {
            if (givers(capability) & least).count_ones() > 1 {
                wrong.insert("conflicting-providers");
            }
        }
    }
    if wrong.is_empty() && circle(&on, &shapes, &givers) {
        wrong.insert("group-cycle");
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(on.iter().map(|i| (names[*i].to_owned(), chosen(names[*i]).cloned().unwrap_or_default())).collect())
}

/// Takes away groups that need nothing of those left; what cannot be taken away is a circle.
fn circle(on: &[usize], shapes: &[&Shape], givers: &dyn Fn(&str) -> u64) -> bool {
    let mut left: u64 = on.iter().fold(0, |set, i| set | 1 << i);
    loop {
        let needs = |i: usize| shapes[i].requires.iter().chain(&shapes[i].uses).any(|c| givers(c) & left != 0);
        let free = on.iter().filter(|i| left >> **i & 1 == 1 && !needs(**i)).fold(0, |set, i| set | 1 << i);
        if free == 0 {
            return left != 0;
        }
        left &= !free;
    }
}

fn cluster(catalog: &Catalog, text: &str) -> Cluster {
    let inputs = Inputs { features: Source::new("features.yaml", text), clusters: Vec::new() };
    let clusters = pipeline::read(&inputs, catalog).unwrap_or_else(|f| panic!("{text}\n{}", report::text(&f)));
    clusters.into_iter().next().expect("one cluster")
}

/// What the program says, in the terms of the second resolver.
fn resolved(catalog: &Catalog, cluster: &Cluster) -> Verdict {
    match resolve::resolve(catalog, cluster, &Memo::default()) {
        Ok(plan) => Ok(on(&plan.choices)),
        Err(findings) => Err(codes(&findings)),
    }
}

fn codes(findings: &[Finding]) -> BTreeSet<&'static str> {
    findings.iter().map(|f| f.code.name()).collect()
}

fn on(choices: &choice::Choices<'_>) -> BTreeMap<String, String> {
    choices.values().filter(|c| c.on).map(|c| (c.group.name.clone(), c.provider.to_owned())).collect()
}

fn catalog(local: &BTreeMap<String, String>) -> Result<Catalog, String> {
    Catalog::new(local).map_err(|f| report::text(&f))
}

/// The groups of the repository, read again as plain YAML.
fn own_groups() -> Groups {
    let files = BUILTIN.iter().filter_map(|(path, text, _)| Some((path.strip_prefix("groups/")?, text)));
    files.map(|(file, text)| (file.trim_end_matches(".yaml").to_owned(), group(text))).collect()
}

#[test]
fn both_resolvers_agree_on_every_set_of_the_catalog() {
    let (catalog, groups) = (catalog(&BTreeMap::new()).expect("sound"), own_groups());
    let sets = sets::sets(&catalog);
    assert!(sets.len() > 1_000, "{}", sets.len());
    sets.par_iter().enumerate().for_each(|(n, set)| {
        let flags = set.flags.iter().map(|f| (f.clone(), true)).collect();
        let wish = Wish { profile: set.profile.clone(), flags, providers: set.providers.clone() };
        let cluster = cluster(&catalog, &set.features_yaml(&catalog));
        let brute = brute_force(&groups, &wish);
        let (choices, findings) = choice::choose(&catalog, &cluster);
        assert!(findings.is_empty(), "{}", report::text(&findings));
        assert_eq!(brute, Ok(on(&choices)), "{}", set.describe(&catalog));
        // The whole plan, settings and expressions included, takes its time: one in thirty-two.
        if n % 32 == 0 {
            assert_eq!(brute, resolved(&catalog, &cluster), "{}", set.describe(&catalog));
        }
    });
}

/// Every way to say true, false or nothing about each feature, with the default providers.
#[test]
fn both_resolvers_agree_on_false_flags() {
    let (catalog, groups) = (catalog(&BTreeMap::new()).expect("sound"), own_groups());
    let features: Vec<&str> = catalog.features().into_keys().collect();
    let refused = (0..3_usize.pow(features.len() as u32)).into_par_iter().map(|n| {
        let say = |i: usize| [None, Some(true), Some(false)][n / 3_usize.pow(i as u32) % 3];
        let said = features.iter().enumerate().filter_map(|(i, f)| Some(((*f).to_owned(), say(i)?)));
        let wish = Wish { flags: said.collect(), ..Wish::default() };
        let cluster = cluster(&catalog, &with_examples(&catalog, &wish));
        let brute = brute_force(&groups, &wish);
        let (choices, findings) = choice::choose(&catalog, &cluster);
        let said = if findings.is_empty() { Ok(on(&choices)) } else { Err(codes(&findings)) };
        assert_eq!(brute, said, "{wish:?}");
        // As above.
        if n % 32 == 0 {
            assert_eq!(brute, resolved(&catalog, &cluster), "{wish:?}");
        }
        usize::from(brute.is_err())
    });
    assert!(refused.sum::<usize>() > 0, "no set was refused");
}

/// The same with the settings that default providers cannot do without.
fn with_examples(catalog: &Catalog, wish: &Wish) -> String {
    let mut text: Value = serde_json::from_str(&features_yaml(wish)).expect("JSON");
    for group in catalog.groups.values() {
        let example = &group.variants[group.provider.as_deref().unwrap_or_default()].text.example;
        if example.is_object() {
            text["settings"][&group.name] = example.clone();
        }
    }
    text.to_string()
}

fn features_yaml(wish: &Wish) -> String {
    let settings: BTreeMap<&String, Value> =
        wish.providers.iter().map(|(group, p)| (group, json!({ "provider": p }))).collect();
    json!({
        "platform": { "name": "made-up", "argocd": { "repoURL": "https://git.example.com/p.git" } },
        "features": wish.flags,
        "settings": settings,
    })
    .to_string()
}

/// A generator of numbers that are the same on every run (the constants are Knuth's, for MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn some_of(&mut self, names: &[&'static str], one_in: u64) -> Vec<&'static str> {
        names.iter().copied().filter(|_| self.one_in(one_in)).collect()
    }
}

const CAPABILITIES: [&str; 5] = ["ink", "paper", "line", "tone", "clock"];

/// What one group or provider says about choosing.
fn made_up_shape(numbers: &mut Numbers) -> Value {
    let gives = numbers.some_of(&CAPABILITIES, 4);
    json!({
        "requires": numbers.some_of(&CAPABILITIES, 6),
        "uses": numbers.some_of(&CAPABILITIES, 9),
        "provides": gives.into_iter().map(|c| (c.to_owned(), json!({ "of": "us" }))).collect::<serde_json::Map<_, _>>(),
    })
}

/// Six groups in the place of all of ours, and what a user says about them.
fn made_up(numbers: &mut Numbers) -> (BTreeMap<String, String>, Wish) {
    let ours = BUILTIN.iter().filter(|(path, ..)| path.starts_with("groups/"));
    let mut files: BTreeMap<String, String> =
        ours.map(|(path, ..)| ((*path).to_owned(), "summary: none".into())).collect();
    let mut wish = Wish::default();
    for n in 0..6 {
        let (name, feature) = (format!("group-{n}"), format!("feature{n}"));
        let mut file = made_up_shape(numbers);
        file["summary"] = json!("made up");
        if !numbers.one_in(5) {
            file["feature"] = json!(feature);
            match numbers.below(4) {
                0 => drop(wish.flags.insert(feature, true)),
                1 => drop(wish.flags.insert(feature, false)),
                _ => {}
            }
        }
        if numbers.one_in(3) {
            file["providers"] = json!({ "left": made_up_shape(numbers), "right": made_up_shape(numbers) });
            if !numbers.one_in(4) {
                file["provider"] = json!("left");
            }
            if numbers.one_in(2) {
                wish.providers.insert(name.clone(), "right".into());
            }
        }
        files.insert(format!("groups/{name}.yaml"), file.to_string());
    }
    (files, wish)
}

#[test]
fn both_resolvers_agree_on_made_up_catalogs() {
    let mut numbers = Numbers(1);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..600 {
        let (files, wish) = made_up(&mut numbers);
        // A capability that nobody offers at all is a mistake of the catalog, told before anything is resolved.
        let Ok(catalog) = catalog(&files) else {
            *seen.entry("no catalog").or_default() += 1;
            continue;
        };
        let groups = files.iter().map(|(path, text)| (path[7..path.len() - 5].to_owned(), group(text))).collect();
        let brute = brute_force(&groups, &wish);
        let said = resolved(&catalog, &cluster(&catalog, &features_yaml(&wish)));
        assert_eq!(brute, said, "{wish:?}\n{files:#?}");
        match brute {
            Ok(_) => *seen.entry("resolved").or_default() += 1,
            Err(codes) => codes.iter().for_each(|code| *seen.entry(code).or_default() += 1),
        }
    }
    for kind in ["resolved", "ambiguous-provider", "forbidden-feature", "conflicting-providers", "group-cycle"] {
        assert!(seen.get(kind).is_some_and(|n| *n >= 10), "too few cases of {kind}: {seen:?}");
    }
}
