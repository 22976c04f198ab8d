//! The program as a user meets it: streams, exit codes, files; and the README, whose commands are run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gatewright::group::catalog::Catalog;

/// A folder of its own below cargo's, emptied first; a git repository, as far as anybody looks.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join(".git")).expect("cargo's folder is writable");
    folder
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn gatewright(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let output = command.current_dir(folder).args(arguments).env_remove("CI").output().expect("it runs");
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn fine(folder: &Path, arguments: &[&str]) -> Said {
    let said = gatewright(folder, arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    said
}

/// Every file below a folder with its text.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|e| e.file_type().is_file());
    entries
        .map(|e| {
            let name = e.path().strip_prefix(folder).expect("below it").display().to_string();
            (name, fs::read_to_string(e.path()).expect("text"))
        })
        .collect()
}

const MINIMAL: &str = "platform: { name: ai-dev, argocd: { repoURL: https://git.example.com/p.git } }\n";

fn platform(name: &str, more: &str) -> PathBuf {
    let folder = folder(name);
    fs::write(folder.join("features.yaml"), format!("{MINIMAL}{more}")).expect("writable");
    folder
}

#[test]
fn init_writes_a_file_that_renders_and_never_overwrites() {
    let folder = folder("init");
    fine(&folder, &["init"]);
    fine(&folder, &["render"]);
    fine(&folder, &["render", "--check"]);
    fine(&folder, &["check"]);
    fs::write(folder.join("features.yaml"), "mine").expect("writable");
    let said = gatewright(&folder, &["init"]);
    assert_eq!((said.code, fs::read_to_string(folder.join("features.yaml")).unwrap().as_str()), (2, "mine"));
}

#[test]
fn a_flag_flipped_and_flipped_back_leaves_everything_as_it_was() {
    let folder = platform("flip", "");
    fine(&folder, &["render"]);
    let before = files(&folder);
    fs::write(folder.join("features.yaml"), format!("{MINIMAL}features: {{ egress: true, mcp: true }}\n")).unwrap();
    assert_eq!(gatewright(&folder, &["render", "--check"]).code, 1);
    let diff = gatewright(&folder, &["diff", "-o", "patch"]);
    assert_eq!(diff.code, 1);
    assert!(diff.out.contains("+++ b/rendered/ai-dev/mcp/httproute-everything.yaml"), "{}", diff.out);
    fine(&folder, &["render"]);
    assert!(folder.join("rendered/ai-dev/mcp").is_dir());
    fs::write(folder.join("features.yaml"), MINIMAL).unwrap();
    // Keys would go: each is named, or the cluster is.
    let said = gatewright(&folder, &["render"]);
    assert!(
        said.code == 1 && said.err.contains("--allow-delete 'ExternalSecret agentgateway-system/anthropic-api-key'")
    );
    assert!(folder.join("rendered/ai-dev/mcp").is_dir());
    fine(&folder, &["render", "--allow-delete", "ai-dev"]);
    assert_eq!(files(&folder), before);
    assert!(!folder.join("rendered/ai-dev/mcp").exists(), "an empty folder is left");
    assert_eq!(fine(&folder, &["diff"]).out, "");
}

/// What is accepted today is silent, wherever it stands; what is new fails; what is gone is told.
#[test]
fn a_baseline_accepts_what_is_there_and_tells_what_is_new() {
    let folder = folder("baseline");
    fs::create_dir_all(folder.join("m")).unwrap();
    let service = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: x}}\nspec: {{prots: 1, ports: [{{port: 80}}]}}\n"
        )
    };
    let write = |names: &[&str]| {
        let text: Vec<String> = names.iter().map(|name| service(name)).collect();
        fs::write(folder.join("m/s.yaml"), text.join("---\n")).unwrap();
    };
    write(&["a", "b", "c", "d"]);
    let check = |more: &[&str]| gatewright(&folder, &[&["check", "--manifests", "m"], more].concat());
    let said = check(&[]);
    assert_eq!(said.code, 1);
    assert_eq!(said.err.matches("error[unknown-field]").count(), 1, "one cause: {}", said.err);
    assert!(said.err.contains("also m/s.yaml:9:15 Service x/b\n"), "{}", said.err);
    assert!(said.err.ends_with("4 objects in 1 file\n"), "{}", said.err);
    assert_eq!(check(&["--baseline", "b"]).code, 2, "there is none yet");
    assert_eq!(check(&["--baseline", "b", "--write-baseline"]).code, 0);
    let text = fs::read_to_string(folder.join("b")).unwrap();
    write(&["d", "c", "b", "a"]);
    let said = check(&["--baseline", "b"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("b accepts ") && !said.err.contains("match nothing"), "{}", said.err);
    write(&["e", "b", "c", "d"]);
    let said = check(&["--baseline", "b"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("Service x/e") && !said.err.contains("m/s.yaml:9"), "{}", said.err);
    assert!(
        said.err.contains("match nothing any more") && said.err.contains("  unknown-field Service x/a /spec"),
        "{}",
        said.err
    );
    assert_eq!(check(&["--baseline", "b", "--write-baseline"]).code, 0);
    assert_ne!(fs::read_to_string(folder.join("b")).unwrap(), text);
    fs::write(folder.join("b"), "what is this\n").unwrap();
    assert_eq!(check(&["--baseline", "b"]).code, 2);
    fs::create_dir(folder.join("empty")).unwrap();
    let said = gatewright(&folder, &["check", "--manifests", "empty"]);
    assert!(said.code == 2 && said.err.contains("empty holds no YAML or JSON file"), "{}", said.err);
}

/// A cluster that is gone from clusters/: `render --check` and `diff` say so alike.
#[test]
fn a_tree_without_a_cluster_is_a_difference() {
    let folder = platform("orphan", "");
    fine(&folder, &["render"]);
    fs::write(folder.join("features.yaml"), MINIMAL.replace("ai-dev", "other")).unwrap();
    fine(&folder, &["render"]);
    let said = gatewright(&folder, &["diff", "-o", "patch"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.contains("--- a/rendered/ai-dev/claims.yaml\n+++ /dev/null\n"), "{}", &said.out[..300]);
    assert_eq!(gatewright(&folder, &["render", "--check"]).code, 1);
    assert!(fine(&folder, &["render", "--allow-delete", "ai-dev"]).err.contains("files deleted"));
    assert_eq!(fine(&folder, &["diff"]).out, "");
}

#[test]
fn unchanged_files_keep_their_time_and_foreign_ones_survive() {
    let folder = platform("foreign", "");
    fine(&folder, &["render"]);
    let cluster = folder.join("rendered/ai-dev");
    fs::create_dir_all(cluster.join("postgres/notes")).unwrap();
    fs::write(cluster.join("postgres/notes/mine.yaml"), "kind: Mine\n").unwrap();
    fs::write(cluster.join("mine.txt"), "mine").unwrap();
    let time = |path: &str| fs::metadata(cluster.join(path)).unwrap().modified().unwrap();
    let before = time("namespaces/namespace-litellm.yaml");
    fs::write(folder.join("features.yaml"), format!("{MINIMAL}settings: {{ postgres: {{ instances: 2 }} }}\n"))
        .unwrap();
    let said = fine(&folder, &["render"]);
    // The Cluster, and the claims about it.
    assert!(said.err.contains("(2 written, 0 removed)"), "{}", said.err);
    assert_eq!(time("namespaces/namespace-litellm.yaml"), before);
    assert_eq!(fs::read_to_string(cluster.join("postgres/notes/mine.yaml")).unwrap(), "kind: Mine\n");
    fine(&folder, &["render", "--check"]);
}

#[test]
fn hand_edited_files_are_told_and_nothing_foreign_is_overwritten() {
    let folder = platform("edited", "features: { egress: true }\n");
    fine(&folder, &["render"]);
    let egress = folder.join("rendered/ai-dev/routing/gateway-api-inference/egress");
    let route = egress.join("httproute-claude-haiku.yaml");
    fs::write(&route, "edited: true\n").unwrap();
    let said = gatewright(&folder, &["render", "--check"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("hand-edited"), "{}", said.err);
    // No longer rendered and edited: it stays, and is told.
    fs::write(folder.join("features.yaml"), MINIMAL).unwrap();
    let said = fine(&folder, &["render", "--allow-delete", "ai-dev"]);
    assert!(said.err.contains("it stays, delete it yourself"), "{}", said.err);
    assert_eq!(fs::read_to_string(&route).unwrap(), "edited: true\n");
    assert!(!egress.join("agentgatewaybackend-claude-haiku.yaml").exists());
    // And it stays: the next run does not take it for one of ours because of how it begins.
    fs::write(&route, "# Generated by gatewright: once\nedited: true\n").unwrap();
    fine(&folder, &["render"]);
    assert!(route.exists());
    fs::write(&route, "edited: true\n").unwrap();
    // A foreign file where one of ours belongs stops everything.
    fs::write(folder.join("features.yaml"), format!("{MINIMAL}features: {{ egress: true }}\n")).unwrap();
    let before = files(&folder);
    let said = gatewright(&folder, &["render"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("did not write it"), "{}", said.err);
    assert_eq!(files(&folder), before);
}

/// Nothing is written through a symlink, wherever it stands.
#[cfg(unix)]
#[test]
fn a_file_that_argo_cd_would_apply_beside_ours_is_told() {
    let folder = platform("applied-beside", "");
    fine(&folder, &["render"]);
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: mine, namespace: litellm }\n";
    for (file, told) in [
        ("serving/pools/mine.yaml", true),
        ("serving/pools/mine.json", true),
        ("serving/pools/kustomization.yaml", true),
        ("bootstrap/mine.yml", true),
        ("serving/pools/README.md", false),
        ("serving/pools/deeper/mine.yaml", false),
        ("mine.yaml", false),
        // Values of charts are read by name.
        ("charts/cloudnative-pg/mine.yaml", false),
    ] {
        let path = folder.join("rendered/ai-dev").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, secret).unwrap();
        for command in [&["check"][..], &["render", "--check"]] {
            let said = gatewright(&folder, command);
            let seen = said.err.contains(&format!("error[foreign-file]: rendered/ai-dev/{file} is not rendered here"));
            assert_eq!((said.code, seen), (i32::from(told), told), "{file}: {}", said.err);
        }
        let status = gatewright(&folder, &["status"]);
        assert_eq!((status.code, status.err.contains("error[foreign-file]")), (i32::from(told), told), "{file}");
        assert_eq!(status.out.contains("no evidence: there is a Secret"), told, "{file}");
        fs::remove_file(&path).unwrap();
    }
    // It is checked with the rest; who says why it lies there is not asked again, and it is checked all the same.
    let mine = folder.join("rendered/ai-dev/serving/pools/mine.yaml");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: mine, namespace: servign }\n";
    fs::write(&mine, map).unwrap();
    let check = || gatewright(&folder, &["check"]);
    let names = |said: &Said, code: &str| said.err.contains(&format!("error[{code}]"));
    let said = check();
    assert!(names(&said, "foreign-file") && names(&said, "unknown-namespace"), "{}", said.err);
    assert!(said.err.contains(" rendered/ai-dev/serving/pools/mine.yaml:3:36"), "{}", said.err);
    for (ignored, told) in [
        ("# another team's\nrendered/*/serving/pools/*.yaml\n", [false, false]),
        ("# another team's\nrendered/**/serving/\n", [false, false]),
        ("# another team's\n\nrendered/*/serving/pools/*.yaml\n", [true, true]),
        ("# another team's\nrendered/*.yaml\n", [true, false]),
    ] {
        fs::write(folder.join(".gatewrightignore"), ignored).unwrap();
        let said = check();
        assert_eq!([names(&said, "foreign-file"), names(&said, "ignore-entry")], told, "{ignored}: {}", said.err);
        assert!(names(&said, "unknown-namespace"), "{ignored}: {}", said.err);
        assert_eq!(gatewright(&folder, &["render", "--check"]).code, i32::from(told[0]), "{ignored}");
    }
}

/// An object is its namespace and name, whatever file it stands in; what the API server refuses of a change stops the run too.
#[test]
fn the_guard_knows_objects_and_changes() {
    let folder = platform("guard", "features: { agentic: true }\n");
    let gateways = folder.join("gateways");
    fs::create_dir(&gateways).unwrap();
    let secret = |namespace: &str| {
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{ name: {namespace} }}\n---\napiVersion: external-secrets.io/v1\n\
             kind: ExternalSecret\nmetadata: {{ name: keys, namespace: {namespace} }}\nspec:\n  \
             secretStoreRef: {{ kind: ClusterSecretStore, name: secret-store }}\n  target: {{ name: keys }}\n  \
             data: [{{ secretKey: a, remoteRef: {{ key: a }} }}]\n"
        )
    };
    fs::write(gateways.join("a.yaml"), secret("team-a")).unwrap();
    fine(&folder, &["render"]);
    fs::write(gateways.join("a.yaml"), secret("team-b")).unwrap();
    let said = gatewright(&folder, &["render"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("would delete ExternalSecret team-a/keys, which holds a key"), "{}", said.err);

    let folder = platform("shrink", "settings: { serving: { models: { m: { model: a/b, cacheSize: 20Gi } } } }\n");
    fine(&folder, &["render"]);
    let smaller = "settings: { serving: { models: { m: { model: a/b, cacheSize: 10Gi } } } }\n";
    fs::write(folder.join("features.yaml"), format!("{MINIMAL}{smaller}")).unwrap();
    let before = files(&folder);
    let said = gatewright(&folder, &["render"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("--allow-delete 'PersistentVolumeClaim serving/"), "{}", said.err);
    assert_eq!(files(&folder), before);
    let named = said.err.split("--allow-delete '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
    fine(&folder, &["render", "--allow-delete", &named]);

    let folder = platform("smaller-database", "settings: { postgres: { storage: { size: 20Gi } } }\n");
    fine(&folder, &["render"]);
    fs::write(
        folder.join("features.yaml"),
        format!("{MINIMAL}settings: {{ postgres: {{ storage: {{ size: 5Gi }} }} }}\n"),
    )
    .unwrap();
    let said = gatewright(&folder, &["render"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("its volumes never shrink"), "{}", said.err);
}

#[test]
fn a_namespace_of_others_is_used_and_never_rendered() {
    let others = "existing: [{ kind: Namespace, name: mcp-gateway }]\n";
    let folder = platform("others", &format!("features: {{ mcp: true }}\n{others}"));
    fine(&folder, &["render"]);
    fine(&folder, &["check"]);
    let rendered = files(&folder.join("rendered/ai-dev"));
    assert!(!rendered.contains_key("namespaces/namespace-mcp-gateway.yaml"));
    assert!(rendered.contains_key("namespaces/namespace-litellm.yaml"));
    // So says a group of its component, too; and taking one away that is ours deletes what lies in it.
    let groups = folder.join("groups");
    fs::create_dir_all(folder.join("templates/notes")).unwrap();
    fs::create_dir(&groups).unwrap();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: notes, namespace: monitoring }\ndata: { a: b }\n";
    fs::write(folder.join("templates/notes/configmap.yaml"), map).unwrap();
    let group = |namespace: &str| {
        let component = format!("{{ namespace: {namespace}, path: notes, wave: 30 }}");
        format!("summary: Notes\nfeature: notes\ncomponents: {{ notes: {component} }}\n")
    };
    let notes = format!("{MINIMAL}features: {{ mcp: true, notes: true }}\n{others}");
    fs::write(folder.join("features.yaml"), notes).unwrap();
    fs::write(groups.join("notes.yaml"), group("{ name: monitoring, existing: true }")).unwrap();
    fine(&folder, &["render"]);
    fine(&folder, &["check"]);
    assert!(!folder.join("rendered/ai-dev/namespaces/namespace-monitoring.yaml").exists());
    fs::write(groups.join("notes.yaml"), group("monitoring")).unwrap();
    fine(&folder, &["render"]);
    assert!(folder.join("rendered/ai-dev/namespaces/namespace-monitoring.yaml").exists());
    fs::write(groups.join("notes.yaml"), group("{ name: monitoring, existing: true }")).unwrap();
    let said = gatewright(&folder, &["render"]);
    assert!(said.err.contains("would delete Namespace monitoring, and with it everything"), "{}", said.err);
}

#[test]
fn argo_cd_reads_the_folder_that_is_written() {
    let team = folder("monorepo").join("teams/ai");
    let write = |path: &str| {
        let argocd = format!("argocd: {{ repoURL: https://git.example.com/p.git{path} }}");
        fs::write(team.join("features.yaml"), format!("platform: {{ name: ai-dev, {argocd} }}\n")).expect("writable");
    };
    fs::create_dir_all(&team).unwrap();
    write("");
    assert!(!fine(&team, &["check"]).err.contains("platform.argocd.path"), "nothing is written yet");
    fine(&team, &["render"]);
    let said = fine(&team, &["check"]).err;
    assert!(said.contains("set `platform.argocd.path: teams/ai/rendered`"), "{said}");
    write(", path: teams/ai/rendered");
    assert!(!fine(&team, &["check"]).err.contains("platform.argocd.path"));
}

/// A mistake in LiteLLM's configuration stands at the template's line and names the setting, in a chart's values and amid a text.
#[test]
fn a_mistake_in_a_configuration_leads_to_its_setting() {
    for provider in ["chart", "manifests"] {
        let settings =
            format!("settings:\n  litellm:\n    provider: {provider}\n    fallbacks: {{ qwen3-0-6b: [gone] }}\n");
        let said = gatewright(&platform("traced", &settings), &["check"]).err;
        assert!(said.contains("--> templates/documents/litellm-proxy-config.yaml:"), "{said}");
        assert!(said.contains("::: features.yaml:5:") && said.contains("set here"), "{said}");
    }
}

#[test]
fn every_image_is_listed_with_what_names_it() {
    let list = fine(Path::new("golden/ha"), &["images", "-o", "json"]).out;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let images = list[0]["images"].as_array().unwrap();
    let named: Vec<&str> = images.iter().filter_map(|image| image["image"].as_str()).collect();
    assert!(named.len() > 6 && named.iter().all(|name| name.starts_with("mirror.example.com/hub/")), "{named:?}");
    let said = fine(Path::new("golden/ha"), &["images"]).out;
    for part in
        ["      Deployment serving/qwen3-0-6b\n", "of cert-manager v1.20.2, Application argocd/ai-prod-cert-manager"]
    {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn objects_of_one_cluster_go_to_stdout_and_nothing_else() {
    let folder = platform("stdout", "");
    let said = fine(&folder, &["render", "--stdout"]);
    assert_eq!(said.err, "");
    assert!(!folder.join("rendered").exists());
    let objects = said.out.split("---\n").filter(|text| !text.is_empty()).count();
    fine(&folder, &["render"]);
    let written = files(&folder.join("rendered/ai-dev"));
    // By hand, and values of charts.
    let other = |path: &str| ["bootstrap/", "argocd-cm/", "charts/"].iter().any(|start| path.starts_with(start));
    assert_eq!(objects, written.keys().filter(|path| path.contains('/') && !other(path)).count());
    let said = gatewright(&folder, &["render", "--output-dir", "-"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("hint: `gatewright render --stdout`"), "{}", said.err);
    assert!(!folder.join("-").exists());
}

#[test]
fn symlinks_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let outside = folder("symlinks-outside");
    let folder = platform("symlinks", "");
    fine(&folder, &["render"]);
    let rendered = folder.join("rendered");
    fs::remove_dir_all(rendered.join("ai-dev/argocd")).unwrap();
    symlink(&outside, rendered.join("ai-dev/argocd")).unwrap();
    let said = gatewright(&folder, &["render"]);
    assert!(said.code == 2 && said.err.contains("is a symlink"), "{}", said.err);
    fs::rename(&rendered, folder.join("elsewhere")).unwrap();
    symlink(&outside, &rendered).unwrap();
    assert_eq!(gatewright(&folder, &["render"]).code, 2);
    assert_eq!(files(&outside), BTreeMap::new());
}

/// What a killed run leaves is taken away; the old tree comes back where its successor never arrived.
#[test]
fn the_next_run_repairs_what_a_killed_one_left() {
    let folder = platform("killed", "");
    fine(&folder, &["render"]);
    let rendered = folder.join("rendered");
    let before = files(&rendered);
    fs::create_dir_all(rendered.join(".gatewright-stage-ai-dev.new/half")).unwrap();
    fine(&folder, &["render"]);
    assert_eq!(files(&rendered), before);
    assert!(!rendered.join(".gatewright-stage-ai-dev.new").exists());
    fs::write(rendered.join("ai-dev/mine.txt"), "mine").unwrap();
    fs::rename(rendered.join("ai-dev"), rendered.join(".gatewright-stage-ai-dev.old")).unwrap();
    fine(&folder, &["render"]);
    assert_eq!(fs::read_to_string(rendered.join("ai-dev/mine.txt")).unwrap(), "mine");
}

/// Names that would share a file get files of their own.
#[test]
fn no_object_hides_another() {
    let folder = platform("collide", "features: { fax: true }\n");
    fs::create_dir_all(folder.join("groups")).unwrap();
    fs::create_dir_all(folder.join("templates/fax")).unwrap();
    let group = "summary: Faxes\nfeature: fax\ncomponents:\n  fax: { namespace: evil, path: fax }\n  fax2: { namespace: ec, path: fax2 }\n";
    fs::write(folder.join("groups/fax.yaml"), group).unwrap();
    let object = |namespace: &str, name: &str| {
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name}, namespace: {namespace} }}\n")
    };
    fs::write(folder.join("templates/fax/a.yaml"), object("ec", "evil-b") + &object("evil", "b") + &object("ec", "b"))
        .unwrap();
    fs::create_dir_all(folder.join("templates/fax2")).unwrap();
    fs::write(folder.join("templates/fax2/a.yaml"), object("ec", "other")).unwrap();
    fine(&folder, &["render"]);
    assert_eq!(files(&folder.join("rendered/ai-dev/fax")).len(), 3);
}

/// Files that look as if they counted are not passed over, and an overlay hides no mistake of the base.
#[test]
fn nothing_is_passed_over_in_silence() {
    let folder = platform("overlays", "features: { egress: yes }\n");
    fs::create_dir_all(folder.join("clusters")).unwrap();
    fs::write(folder.join("clusters/dev.yaml"), "features: { egress: true }\n").unwrap();
    let said = gatewright(&folder, &["check"]);
    assert!(said.code == 1 && said.err.contains("not-a-flag"), "{}", said.err);
    fs::write(folder.join("features.yaml"), MINIMAL).unwrap();
    fine(&folder, &["check"]);
    fs::write(folder.join("clusters/prod.yml"), "{}\n").unwrap();
    let said = gatewright(&folder, &["check"]);
    assert!(said.code == 2 && said.err.contains("files end in .yaml"), "{}", said.err);
    fs::rename(folder.join("features.yaml"), folder.join("features.yml")).unwrap();
    let said = gatewright(&folder, &["check"]);
    assert!(said.code == 2 && said.err.contains("rename features.yml"), "{}", said.err);
}

/// Bytes that are hard to draw are drawn.
#[test]
fn odd_characters_are_no_panic() {
    for text in [
        "é: {a: 1}\n",
        "\u{feff}",
        "features:\u{a0}\n",
        "features:\n  egress: \u{2028}\n",
        "\0",
        "a: \u{85}\n",
        "? [a]\n: b\n",
    ] {
        let folder = folder("odd");
        fs::write(folder.join("features.yaml"), text).unwrap();
        let said = gatewright(&folder, &["check"]);
        assert_eq!(said.code, 1, "{text:?}: {}", said.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = platform("full", "");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let output = command.current_dir(&folder).arg("schema").stdout(full).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the output"));
}

#[test]
fn bad_input_writes_nothing_and_tells_all_mistakes_at_once() {
    let folder = platform("bad", "features: { egres: true, mcp: yes }\nsettings: { postgres: { instances: two } }\n");
    let said = gatewright(&folder, &["render"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    for part in ["did you mean `egress`", "[not-a-flag]", "must be an integer", "3 errors", "features.yaml:2:13"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    assert!(!said.err.contains('\u{1b}'), "colour in a pipe");
    assert!(!folder.join("rendered").exists());
}

#[test]
fn usage_and_environment_are_exit_code_2() {
    let empty = folder("empty");
    for arguments in [&["render"][..], &["frobnicate"], &["render", "--cluster"], &["-C", "nowhere", "check"]] {
        let said = gatewright(&empty, arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}");
        assert!(!said.err.is_empty());
    }
    let folder = platform("wrong-cluster", "");
    let said = gatewright(&folder, &["render", "--cluster", "ai-def"]);
    assert!(said.code == 2 && said.err.contains("did you mean `ai-dev`"), "{}", said.err);
    fs::write(folder.join("rendered"), "in the way").unwrap();
    let said = gatewright(&folder, &["render"]);
    assert!(said.code == 2 && said.err.contains("rendered"), "{}", said.err);
}

#[test]
fn data_is_for_programs_and_quiet_on_success() {
    let folder = platform("data", "");
    let said = fine(&folder, &["check"]);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", ""));
    // Definitions of one's own take those of the releases away for their API groups alone.
    fs::create_dir(folder.join("crds")).unwrap();
    for arguments in
        [["resolve", "-o", "json"], ["status", "-o", "json"], ["secrets", "-o", "json"], ["check", "-o", "json"]]
    {
        let said = fine(&folder, &arguments);
        serde_json::from_str::<serde_json::Value>(&said.out).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
        assert_eq!(said.err, "");
    }
    let schema: serde_json::Value = serde_json::from_str(&fine(&folder, &["schema"]).out).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    for case in ["default", "full", "ha", "external-everything", "egress-all-providers"] {
        let text = fs::read_to_string(format!("golden/{case}/features.yaml")).unwrap();
        let value = &gatewright::text::kubeyaml::values(&gatewright::text::source::Source::new("f", text)).unwrap()[0];
        let errors: Vec<String> = validator.iter_errors(value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{case}: {errors:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "platform": { "name": "x" }, "features": { "egres": true } })));
    assert!(fine(&folder, &["completions", "bash"]).out.contains("gatewright"));
    assert!(fine(&folder, &["explain", "egress"]).out.contains("claude-haiku"));
}

/// What was taken out of the committed files, or changed there, is evidence of nothing.
#[test]
fn claims_are_those_of_the_files_that_lie_there() {
    let folder = platform("claims-of-files", "");
    fs::create_dir_all(folder.join("rendered")).unwrap();
    let nothing_yet = gatewright(&folder, &["status"]);
    fine(&folder, &["render"]);
    let whole = gatewright(&folder, &["status"]);
    assert_eq!((&whole.out, &whole.err), (&nothing_yet.out, &nothing_yet.err));
    let policy = folder.join("rendered/ai-dev/serving/pools/agentgatewaypolicy-qwen3-0-6b.yaml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, text.replace("mode: Strict", "mode: Optional")).unwrap();
    let edited = fine(&folder, &["status"]);
    fs::remove_file(&policy).unwrap();
    let gone = fine(&folder, &["status"]);
    for said in [edited, gone] {
        assert!(said.out != whole.out && said.out.contains("no evidence: "), "{}", said.out);
        let told = "agentgatewaypolicy-qwen3-0-6b.yaml is missing or not what the inputs render";
        assert!(said.err.contains("warning[stale-output]") && said.err.contains(told), "{}", said.err);
    }
}

/// A claim that nothing is exposed, or that nothing falls over to another model, follows what stands beside ours.
#[test]
fn claims_follow_what_a_platform_adds() {
    let own = |name: &str, text: &str| {
        let folder = platform(name, "settings: { litellm: { provider: manifests } }\n");
        fs::create_dir_all(folder.join("manifests/edge-more")).unwrap();
        fs::create_dir(folder.join("patches")).unwrap();
        let kind = if text.contains("kind: ConfigMap") { "patches/more.yaml" } else { "manifests/edge-more/more.yaml" };
        fs::write(folder.join(kind), text).unwrap();
        fine(&folder, &["status"]).out
    };
    let gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: public, namespace: inference }\n\
                   spec: { gatewayClassName: agentgateway, listeners: [{ name: web, port: 80, protocol: HTTP }] }\n";
    let balanced = "apiVersion: v1\nkind: Service\nmetadata: { name: public, namespace: litellm }\n\
                    spec: { type: LoadBalancer, selector: { app: x }, ports: [{ port: 80 }] }\n";
    for (name, text, gap) in [
        ("public-gateway", gateway, "no evidence: there is a Gateway without"),
        ("public-service", balanced, "no evidence: there is a Service with /spec/type = \"LoadBalancer\""),
    ] {
        let said = own(name, text);
        assert!(said.contains("partial      No exposure outside the cluster") && said.contains(gap), "{said}");
    }
    let config = fs::read_to_string("golden/full/rendered/ai-dev/litellm/configmap-litellm-config.yaml").unwrap();
    assert!(config.contains("    router_settings:\n"));
    let config =
        config.replace("    router_settings:\n", "    router_settings:\n      fallbacks: [{ qwen3-0-6b: [other] }]\n");
    let said = own("fallbacks", &config);
    assert!(said.contains("no evidence: there is a ConfigMap litellm-config in litellm"), "{said}");
}

/// Definitions of the pinned releases are in the binary; `crds/` takes their place, and another version has none.
#[test]
fn definitions_of_pinned_releases_are_there() {
    let folder = platform("pinned", "features: { autoscaling: true }\n");
    fs::create_dir(folder.join("patches")).unwrap();
    let patch = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: qwen3-0-6b, namespace: serving }\n\
                 spec: { idleReplicaCont: 0 }\n";
    fs::write(folder.join("patches/keda.yaml"), patch).unwrap();
    let said = gatewright(&folder, &["check"]);
    assert!(
        said.code == 1 && said.err.contains("unknown-field") && said.err.contains("idleReplicaCont"),
        "{}",
        said.err
    );
    let newer = "features: { autoscaling: true }\nsettings: { operators: { keda: { version: 2.21.0 } } }\n";
    fs::write(folder.join("features.yaml"), format!("{MINIMAL}{newer}")).unwrap();
    let said = fine(&folder, &["check"]);
    assert!(
        said.err.contains("not held against their definitions: ScaledObject (keda.sh); 2.21.0 installs"),
        "{}",
        said.err
    );
    let said = fine(&folder, &["crds"]);
    assert!(
        said.err.contains("13 files in crds:\n") && said.err.contains("  keda.yaml  KEDA v2.20.1 (Apache-2.0)\n"),
        "{}",
        said.err
    );
    let before = files(&folder.join("crds"));
    assert!(gatewright(&folder, &["check"]).err.contains("idleReplicaCont"), "a folder counts whatever is installed");
    fs::write(folder.join("crds/mine.yaml"), "mine: true\n").unwrap();
    fine(&folder, &["crds"]);
    assert_eq!(before.len() + 1, files(&folder.join("crds")).len());
    fs::write(folder.join("crds/keda.yaml"), "mine: true\n").unwrap();
    let said = gatewright(&folder, &["crds"]);
    assert!(said.code == 2 && said.err.contains("keda.yaml is there, and gatewright did not write it"), "{}", said.err);
}

/// A reader that goes away early is no failure.
#[test]
fn tables_are_for_reviews_and_topics_are_named() {
    let folder = platform("tables", "");
    for (command, head) in [
        ("status", "| control of ai-dev | state | detail |\n|---|"),
        ("secrets", "| key of ai-dev | property | store |"),
        ("resolve", "| group of ai-dev | state | provider | reason |\n|---|"),
    ] {
        let said = fine(&folder, &[command, "-o", "markdown"]).out;
        assert!(said.starts_with(head), "{said}");
        let bars = |line: &str| line.replace("\\|", "").matches('|').count();
        let columns = said.lines().next().map(bars);
        assert!(said.lines().all(|line| Some(bars(line)) == columns), "{said}");
    }
    let said = fine(&folder, &["explain", "rendered/ai-dev/groups.yaml"]).out;
    assert!(said.contains("it follows from features.yaml"), "{said}");
}

#[test]
fn a_closed_pipe_is_fine() {
    let folder = platform("pipe", "");
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .current_dir(&folder)
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

/// The index is what `sha256sum -c` reads.
#[test]
fn the_index_is_a_list_of_digests() {
    let folder = platform("index", "");
    fine(&folder, &["render"]);
    let cluster = files(&folder.join("rendered/ai-dev"));
    let index = gatewright::render::tree::index(&cluster[gatewright::render::tree::INDEX]);
    assert_eq!(index.len() + 1, cluster.len());
    for (path, digest) in index {
        assert_eq!(digest, gatewright::text::digest::hex(cluster[path].as_bytes()), "{path}");
    }
}

#[test]
fn golden_is_refused_in_ci_and_accepts_elsewhere() {
    let folder = folder("golden");
    fs::create_dir_all(folder.join("golden/one")).unwrap();
    fs::write(folder.join("golden/one/features.yaml"), MINIMAL).unwrap();
    assert_eq!(gatewright(&folder, &["golden"]).code, 1);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let refused = command.current_dir(&folder).args(["golden", "--accept"]).env("CI", "true").output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(!folder.join("golden/one/rendered").exists());
    fine(&folder, &["golden", "--accept"]);
    fine(&folder, &["golden"]);
    fs::write(folder.join("golden/one/rendered/ai-dev/stray.yaml"), "x: 1\n").unwrap();
    let said = gatewright(&folder, &["golden"]);
    assert!(said.code == 1 && said.out.contains("stray.yaml"), "{}", said.out);
}

/// A fork: one group file, with shapes of ours and of its own, and one folder of templates; the plan says so.
#[test]
fn a_fork_adds_a_group_without_rust() {
    let folder = platform("fork", "features: { fax: true }\nsettings: { fax: { image: { tag: '2' } } }\n");
    let group = "summary: Faxes\nfeature: fax\nsettings:\n  properties:\n    number: { shape: number, default: '1' }\n\
                 \x20   image: { shape: image, description: Of the fax, properties: { repository: { default: r.io/fax } } }\n\
                 components: { fax: { namespace: fax, path: fax, wave: 50 } }\n";
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: fax, namespace: fax }\n\
                    data: { number: {{ settings.number }}, image: {{ settings.image | image_ref }} }\n";
    for (file, text) in [
        ("groups/fax.yaml", group),
        ("shapes/number.yaml", "{ type: string, pattern: '^[0-9]+$', description: A number }\n"),
        ("templates/fax/configmap.yaml", template),
    ] {
        fs::create_dir_all(folder.join(file).parent().expect("a folder")).unwrap();
        fs::write(folder.join(file), text).unwrap();
    }
    fine(&folder, &["render"]);
    let rendered = files(&folder.join("rendered/ai-dev"));
    assert!(rendered["fax/configmap-fax.yaml"].contains("number: \"1\"\n  image: r.io/fax:2\n"), "{rendered:?}");
    assert!(rendered["argocd/application-ai-dev-fax.yaml"].contains("namespace: fax"));
    assert!(rendered.contains_key("namespaces/namespace-fax.yaml"));
    let plan = fine(&folder, &["resolve"]).out;
    assert!(plan.contains("catalog: groups/fax.yaml is added\ncatalog: shapes/number.yaml is added"), "{plan}");
    let said = fine(&folder, &["explain", "fax"]).out;
    assert!(said.contains("number = \"1\"\n        A number\n") && said.contains("Digest of the image"), "{said}");
    let ours =
        fs::read_to_string("shapes/image.yaml").expect("a shape").replace("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", "^v");
    fs::write(folder.join("shapes/image.yaml"), ours).unwrap();
    let said = gatewright(&folder, &["check"]);
    assert!(said.code == 1 && said.err.contains("`settings.fax.image.tag` is the string \"2\""), "{}", said.err);
}

/// The fenced blocks of a text: what they are called, and what they hold.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let (mut blocks, mut lines, mut start) = (Vec::new(), None, 0);
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        match lines {
            None if line.starts_with("```") => lines = Some((line.trim_end(), end)),
            Some((fence, from)) if line.trim_end() == &fence[..fence.len() - fence.trim_start_matches('`').len()] => {
                blocks.push((fence.trim_start_matches('`'), &text[from..start]));
                lines = None;
            }
            _ => {}
        }
        start = end;
    }
    blocks
}

/// Does what a document says, in order: a block whose first line names a file is written to it, and what a `console` block runs
/// says what stands below it; `...` stands for any lines. Counts the commands.
fn followed(document: &str, work: &Path) -> usize {
    let mut commands = 0;
    for (name, block) in blocks(document) {
        let first = block.lines().next().unwrap_or_default();
        let file = match name {
            "yaml" => {
                first.strip_prefix("# ").filter(|path| path.contains('/') && path.ends_with(".yaml")).map(str::to_owned)
            }
            "markdown" => first.strip_prefix("# ").map(|code| format!("rules/{code}.md")),
            _ => None,
        };
        if let Some(file) = file {
            fs::create_dir_all(work.join(&file).parent().expect("a folder")).expect("writable");
            fs::write(work.join(file), block).expect("writable");
        }
        for step in block.split("$ ").skip(1).filter(|_| name == "console") {
            let (command, wanted) = step.split_once('\n').unwrap_or((step, ""));
            let words: Vec<&str> = command.split_whitespace().collect();
            let said = match &words[..] {
                ["git", "init", "-q", folder] => {
                    fs::create_dir_all(work.join(folder).join(".git")).expect("writable");
                    continue;
                }
                ["sed", "-i", .., file] => {
                    let change = command.split('\'').nth(1).expect("a change in quotes");
                    let parts: Vec<&str> = change.split('/').collect();
                    let text = fs::read_to_string(work.join(file)).expect("a file");
                    assert_eq!(text.matches(parts[1]).count(), 1, "{command}");
                    fs::write(work.join(file), text.replace(parts[1], parts[2])).expect("writable");
                    continue;
                }
                ["cargo", "run", "--", rest @ ..] | ["gatewright", rest @ ..] => gatewright(work, rest),
                _ => panic!("a console block with another program: {command}"),
            };
            commands += 1;
            let said = said.out + &said.err;
            let matches = match wanted.split_once("...\n") {
                Some((start, end)) => said.starts_with(start) && said.ends_with(end),
                None => said.trim_end() == wanted.trim_end(),
            };
            assert!(matches, "$ {command}\n--- the document\n{wanted}\n--- said\n{said}");
        }
    }
    commands
}

/// What a fresh clone has, as far as documents use it.
fn clone(name: &str, parts: &[&str]) -> PathBuf {
    let work = folder(name);
    for part in parts {
        copy(Path::new(part), &work.join(part));
    }
    work
}

/// A group, a rule and a version, from nothing to accepted trees.
#[test]
fn contributing_tells_the_truth() {
    let document = fs::read_to_string("CONTRIBUTING.md").expect("CONTRIBUTING.md");
    let work = clone("contributing", &["features.yaml", "golden", "groups"]);
    assert!(followed(&document, &work) >= 5);
}

/// A shell that asks gets names of the catalog and of the folder; each command has a man page.
#[test]
fn shells_and_manuals_know_names() {
    let folder = platform("completions", "");
    fs::create_dir(folder.join("clusters")).unwrap();
    fs::write(folder.join("clusters/east.yaml"), "features: { mcp: true }\n").unwrap();
    let asked = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.current_dir(&folder).env("GATEWRIGHT_COMPLETE", "fish").args(["--", "gatewright"]).args(words);
        String::from_utf8(command.output().expect("it runs").stdout).expect("UTF-8")
    };
    assert!(asked(&["explain", "egr"]).starts_with("egress\tNormalizing egress"), "{}", asked(&["explain", "egr"]));
    assert!(asked(&["explain", "not-a-"]).starts_with("not-a-flag\t"), "{}", asked(&["explain", "not-a-"]));
    assert_eq!(asked(&["check", "--cluster", "e"]).trim(), "east");
    assert_eq!(asked(&["secrets", "--script", "v"]).lines().next().unwrap_or_default(), "vault\tHashiCorp Vault");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(fine(&folder, &["completions", shell]).out.contains("GATEWRIGHT_COMPLETE"), "{shell}");
    }
    assert!(fine(&folder, &["man"]).out.contains(".TH gatewright 1"));
    assert!(fine(&folder, &["man", "check"]).out.contains(".TH gatewright-check 1"));
    assert_eq!(gatewright(&folder, &["man", "chek"]).code, 2);
}

/// What a program reads before it edits features.yaml.
#[test]
fn agents_are_told_the_truth() {
    let document = fs::read_to_string("AGENTS.md").expect("AGENTS.md");
    assert!(followed(&document, &clone("agents", &["features.yaml"])) >= 5);
}

#[test]
fn the_readme_tells_the_truth() {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let work = clone("readme", &["features.yaml", "golden", "tests/diagnostics"]);
    let commands = followed(&readme, &work);
    assert!(commands >= 8, "{commands} commands");
    let (_, overlay) = readme.split_once("```yaml\n# clusters/prod.yaml").expect("an overlay");
    fs::create_dir(work.join("platform/clusters")).expect("its folder");
    fs::write(
        work.join("platform/clusters/prod.yaml"),
        format!("#{}", overlay.split("```").next().unwrap_or_default()),
    )
    .expect("written");
    fine(&work, &["-C", "platform", "check"]);
    let agentic = fs::read_to_string("docs/agentic.md").expect("docs/agentic.md");
    assert!(followed(&agentic, &work) >= 2);
    let tenants = fs::read_to_string("docs/tenants.md").expect("docs/tenants.md");
    assert!(followed(&tenants, &work) >= 1);
    for row in readme.lines().filter(|l| l.starts_with("| ") && l.matches('|').count() == 4 && l.contains(" | core | "))
    {
        let name = row.split('|').nth(1).unwrap_or_default().trim();
        assert!(Path::new(&format!("groups/{name}.yaml")).is_file(), "{row}");
    }
    let catalog = Catalog::new(&Default::default()).expect("sound");
    for group in catalog.groups.values() {
        let flag = group.feature.as_ref().map_or("core".to_owned(), |f| format!("`{f}`"));
        let row = format!("| {} | {flag} | {} |", group.name, group.summary);
        assert!(readme.contains(&row), "the README's table of groups lacks: {row}");
    }
    let status = gatewright(Path::new("golden/full"), &["status", "-o", "markdown"]).out;
    let table = readme.split("| control | state | detail |\n|---|---|---|\n").nth(1).unwrap_or_default();
    for row in table.lines().take_while(|l| l.starts_with('|')) {
        assert!(status.contains(row), "status does not say: {row}");
    }
    for link in readme.split("](").skip(1).map(|l| l.split(')').next().unwrap_or_default()) {
        assert!(link.starts_with("http") || Path::new(link).exists(), "a link to nothing: {link}");
    }
    for path in readme.split(['`', ' ', '\n']).filter(|w| w.starts_with("rendered/ai-dev/")) {
        assert!(Path::new("golden/default").join(path).exists(), "{path} is not rendered");
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().flatten().filter(|e| e.file_type().is_file()) {
        let target = to.join(entry.path().strip_prefix(from).expect("below it"));
        let target = if from.is_file() { to.to_path_buf() } else { target };
        fs::create_dir_all(target.parent().expect("a folder")).expect("writable");
        fs::copy(entry.path(), target).expect("writable");
    }
}
