//! `prove` with files of a user's own over every feature set.

use std::fs;
use std::path::{Path, PathBuf};

use gatewright::command::bends::Bends;
use gatewright::command::prove::{self, Proof};
use gatewright::command::sets::{self, Set};
use gatewright::group::catalog::Catalog;

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }
    folder
}

/// What is said of the sets of both profiles with these two flags, and every provider of LiteLLM.
fn proof(folder: &Path) -> Proof {
    let catalog = Catalog::new(&Default::default()).expect("ours");
    let few = |set: &Set| set.flags.iter().all(|flag| ["egress", "tracing"].contains(&flag.as_str()));
    let providers = catalog.groups["litellm"].variants.keys();
    let with = |provider: &String, mut set: Set| {
        set.providers.insert("litellm".to_owned(), provider.clone());
        set
    };
    let plain: Vec<Set> = sets::of_flags(&catalog).into_iter().filter(few).collect();
    let sets: Vec<Set> = providers.flat_map(|p| plain.iter().cloned().map(move |set| with(p, set))).collect();
    assert_eq!(sets.len(), 16);
    let bends = Bends::read(folder, Path::new("features.yaml")).expect("readable");
    prove::prove_with(&catalog, &bends[0], &sets, |_| {})
}

fn needs(proof: &Proof) -> Vec<String> {
    let catalog = Catalog::new(&Default::default()).expect("ours");
    let words = |set: &Option<Set>| set.as_ref().map_or("nothing".to_owned(), |set| set.describe(&catalog));
    proof.needs.iter().map(|(place, set)| format!("{place} {}", words(set))).collect()
}

#[test]
fn a_patch_names_the_set_that_has_its_target_and_fails_no_other() {
    let patch = "apiVersion: apps/v1
kind: Deployment
metadata: { name: litellm, namespace: litellm, annotations: { a: b } }
---
apiVersion: v1
kind: Service
metadata: { name: otel-collector, namespace: tracing, annotations: { a: b } }
---
apiVersion: v1
kind: Service
metadata: { name: nobody, namespace: tracing, annotations: { a: b } }
---
apiVersion: v1
kind: Namespace
metadata: { name: litellm, annotations: { a: b } }
---
component: external-secrets
values: { replicaCount: 2 }
";
    let found = proof(&folder("bends-needs", &[("patches/a.yaml", patch)]));
    assert_eq!(found.failed, 0, "{:?}", found.failures);
    let said = needs(&found);
    assert_eq!(
        said,
        [
            "patches/a.yaml:1:1 profile cost, features [], litellm manifests",
            "patches/a.yaml:5:1 profile cost, features [tracing]",
            "patches/a.yaml:9:1 nothing",
        ]
    );
}

#[test]
fn what_breaks_a_set_is_shrunk_to_it() {
    let patch = "apiVersion: apps/v1
kind: Deployment
metadata: { name: litellm, namespace: litellm }
spec: { template: { spec: { serviceAccountName: nobody } } }
";
    let object = "apiVersion: v1
kind: ConfigMap
metadata: { name: notes, namespace: tracing }
data: { a: b }
";
    let found =
        proof(&folder("bends-breaks", &[("patches/a.yaml", patch), ("manifests/notes/configmap.yaml", object)]));
    assert_eq!(found.failed, 8, "{:?}", found.failures);
    let [(set, finding)] = &found.failures[..] else { panic!("{:?}", found.failures) };
    assert!(set.flags.is_empty() && set.providers["litellm"] == "manifests", "{set:?}");
    let place = finding.place.as_ref().expect("a place");
    assert_eq!(finding.code.name(), "dangling-reference");
    assert!(place.to_string().starts_with("patches/a.yaml:4:"), "{place}");
}
