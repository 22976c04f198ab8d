//! Many clusters: which ones are meant, and that a run after any edit leaves what a run from nothing does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use serde_json::Value;

struct Fleet {
    folder: PathBuf,
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Fleet {
    /// A folder with so many clusters: two rings, of which `canary` has every third, and all in one zone.
    fn new(name: &str, clusters: usize) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fleet-{name}"));
        let _ = fs::remove_dir_all(&folder);
        let fleet = Self { folder };
        fleet.write(
            "features.yaml",
            "platform: { name: edge, argocd: { repoURL: https://git.example.com/p.git }, labels: { zone: eu } }\n\
             features: {}\nsettings: { litellm: { provider: manifests } }\n",
        );
        (0..clusters).for_each(|i| fleet.cluster(i, ""));
        fleet
    }

    fn cluster(&self, i: usize, more: &str) {
        let ring = if i.is_multiple_of(3) { "canary" } else { "stable" };
        let name = if i.is_multiple_of(2) { format!("prod-{i}") } else { format!("dev-{i}") };
        self.write(&format!("clusters/{name}.yaml"), &format!("platform: {{ labels: {{ ring: {ring} }} }}\n{more}"));
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    fn remove(&self, name: &str) -> bool {
        fs::remove_file(self.folder.join(name)).is_ok()
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.arg("-C").arg(&self.folder).args(arguments).env_remove("CI");
        let output = command.env("XDG_CACHE_HOME", self.folder.join("cache")).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    fn fine(&self, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        said
    }

    /// Where `render` remembers the output folder.
    fn cache(&self) -> PathBuf {
        let output = self.folder.join("rendered").canonicalize().expect("rendered");
        self.folder.join("cache/gatewright").join(gatewright::text::digest::hex(output.as_os_str().as_encoded_bytes()))
    }

    /// Every file below a folder with its text.
    fn files(&self, below: &str) -> BTreeMap<String, String> {
        let root = self.folder.join(below);
        let entries = walkdir::WalkDir::new(&root).into_iter().flatten().filter(|e| e.file_type().is_file());
        let name = |path: &Path| path.strip_prefix(&root).expect("below it").display().to_string();
        entries.map(|e| (name(e.path()), fs::read_to_string(e.path()).expect("text"))).collect()
    }

    /// The names of the clusters that `secrets` tells of.
    fn meant(&self, arguments: &[&str]) -> Vec<String> {
        let said = self.fine(&[&["secrets"], arguments].concat());
        let heads = said.out.lines().filter_map(|line| line.strip_prefix("cluster ")?.split(':').next());
        heads.map(str::to_owned).collect()
    }
}

#[test]
fn clusters_are_meant_by_name_pattern_and_label() {
    let fleet = Fleet::new("which", 4);
    for (arguments, meant) in [
        (&[][..], &["dev-1", "dev-3", "prod-0", "prod-2"][..]),
        (&["--cluster", "prod-0"], &["prod-0"]),
        (&["--cluster", "prod-0", "--cluster", "dev-*"], &["dev-1", "dev-3", "prod-0"]),
        (&["-l", "ring=canary"], &["dev-3", "prod-0"]),
        (&["-l", "ring!=canary"], &["dev-1", "prod-2"]),
        (&["-l", "ring=canary", "--cluster", "prod-?"], &["prod-0"]),
        (&["-l", "zone=eu,ring=stable"], &["dev-1", "prod-2"]),
        (&["-l", "zone"], &["dev-1", "dev-3", "prod-0", "prod-2"]),
    ] {
        assert_eq!(fleet.meant(arguments), meant, "{arguments:?}");
    }
    for (arguments, said) in [
        (&["--cluster", "prod-1"][..], "there is no cluster `prod-1`\nhint: did you mean `prod-0`?"),
        (&["--cluster", "stage-*"], "no cluster has a name like `stage-*`"),
        (&["-l", "ring=canry"], "did you mean `ring=canary`?"),
        (&["-l", "rings"], "no cluster that is named has the labels rings"),
        (&["-l", "ring=canary", "--cluster", "dev-1"], "no cluster that is named has the labels ring=canary"),
    ] {
        let found = fleet.run(&[&["secrets"], arguments].concat());
        assert!(found.code == 2 && found.err.contains(said), "{arguments:?}: {}", found.err);
    }
    // The same in each command; what is not meant stays as it is.
    fleet.fine(&["render", "-l", "ring=canary"]);
    let folders = |fleet: &Fleet| {
        let entries = fs::read_dir(fleet.folder.join("rendered")).expect("rendered").flatten();
        let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| fleet.folder.join("rendered").join(name).is_dir());
        names.sort();
        names
    };
    assert_eq!(folders(&fleet), ["dev-3", "prod-0"]);
    fleet.fine(&["render", "--check", "-l", "ring=canary"]);
    assert_eq!(fleet.run(&["render", "--check"]).code, 1);
    assert_eq!(fleet.fine(&["diff", "--cluster", "prod-0"]).out, "");
    assert!(fleet.fine(&["resolve", "--cluster", "prod-0"]).out.starts_with("cluster prod-0 "));
    assert_eq!(fleet.run(&["diff", "--cluster", "prod-*"]).code, 1);
    assert_eq!(fleet.fine(&["status", "--cluster", "dev-*"]).out.matches("cluster dev-").count(), 2);
    fleet.fine(&["check", "-l", "ring=stable"]);
    fleet.fine(&["render", "--cluster", "prod-2"]);
    assert_eq!(folders(&fleet), ["dev-3", "prod-0", "prod-2"]);
}

/// Numbers that look random, and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// One edit of the inputs, of any kind.
fn edit(fleet: &Fleet, dice: &mut Dice) -> String {
    let i = dice.below(20);
    let toggled = |name: String, text: String| {
        if !fleet.remove(&name) {
            fleet.write(&name, &text);
        }
        name
    };
    let n = dice.below(9);
    let map = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name}, namespace: litellm }}\ndata: {{ n: \"{n}\" }}\n"
        )
    };
    match dice.below(8) {
        0 => {
            let flags = ["egress", "mcp", "tracing"].map(|flag| format!("{flag}: {}", dice.below(2) == 0));
            fleet.cluster(i, &format!("features: {{ {} }}\n", flags.join(", ")));
            format!("features of cluster {i}")
        }
        1 => {
            fleet.cluster(i, &format!("settings: {{ litellm: {{ replicas: {} }} }}\n", 1 + dice.below(4)));
            format!("a setting of cluster {i}")
        }
        2 => {
            let name = format!("clusters/{}-{i}.yaml", if i.is_multiple_of(2) { "prod" } else { "dev" });
            if !fleet.remove(&name) {
                fleet.cluster(i, "");
            }
            name
        }
        3 => toggled(
            "groups/postgres.yaml".into(),
            format!("base: builtin\nproviders: {{ cnpg: {{ components: {{ postgres: {{ wave: {n} }} }} }} }}\n"),
        ),
        4 => {
            let name = "templates/litellm/configmap-edited.yaml";
            toggled(name.into(), map("edited"))
        }
        5 => toggled(
            "patches/a.yaml".into(),
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: litellm, namespace: litellm, annotations: {{ n: \"{n}\" }} }}\n"
            ),
        ),
        6 => toggled("manifests/notes/a.yaml".into(), map("notes")),
        _ => {
            let name = if i.is_multiple_of(2) { format!("prod-{i}") } else { format!("dev-{i}") };
            if !fleet.folder.join(format!("clusters/{name}.yaml")).exists() {
                fleet.cluster(i, "");
            }
            toggled(format!("clusters/{name}/manifests/mine/a.yaml"), map("mine"))
        }
    }
}

/// Content decides, and nothing else: whatever was there before, what is left is what a run from nothing writes; and then a
/// further run writes nothing.
#[test]
fn a_run_after_any_edit_equals_one_from_nothing() {
    let fleet = Fleet::new("edits", 20);
    let dice = &mut Dice(16);
    fleet.fine(&["render"]);
    let mut edits = Vec::new();
    for _ in 0..3 {
        for _ in 0..6 {
            edits.push(edit(&fleet, dice));
        }
        // A cluster whose overlay is gone leaves its own files in clusters/: that is told, and here it is tidied up.
        for entry in fs::read_dir(fleet.folder.join("clusters")).expect("clusters").flatten() {
            if entry.path().is_dir() && !entry.path().with_extension("yaml").exists() {
                fs::remove_dir_all(entry.path()).expect("writable");
            }
        }
        let names: Vec<String> = (0..20).flat_map(|i| [format!("prod-{i}"), format!("dev-{i}")]).collect();
        let allowed: Vec<&str> = names.iter().flat_map(|name| ["--allow-delete", name]).collect();
        fleet.fine(&[&["render"], &allowed[..]].concat());
        let _ = fs::remove_dir_all(fleet.folder.join("clean"));
        fleet.fine(&["render", "--output-dir", "clean"]);
        let (incremental, clean) = (fleet.files("rendered"), fleet.files("clean"));
        let differs: Vec<&String> =
            incremental.iter().filter(|(k, v)| clean.get(*k) != Some(v)).map(|(k, _)| k).collect();
        assert!(incremental == clean, "after {edits:?}: {differs:?}");
    }
    assert!(fleet.fine(&["render"]).err.contains("(0 written, 0 removed)"));
}

/// Nobody knows how many machines rendered it.
#[test]
fn seven_shards_merged_are_what_one_run_renders() {
    let fleet = Fleet::new("shards", 9);
    fleet.write(
        "clusters/prod-0/manifests/mine/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: mine, namespace: litellm }\ndata: { a: b }\n",
    );
    fleet.fine(&["render"]);
    let shards: Vec<String> = (0..7).map(|i| format!("shards/{i}")).collect();
    let shard = |i: usize| {
        let part = format!("{i}/7");
        fleet.fine(&["render", "--output-dir", &shards[i], "--shard", &part]).err
    };
    (0..7).for_each(|i| drop(shard(i)));
    let merge = |shards: &[&str]| fleet.run(&[&["merge", "--output-dir", "merged"], shards].concat());
    let all: Vec<&str> = shards.iter().map(String::as_str).collect();
    let said = merge(&all);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.starts_with("9 clusters of 7 shards: "), "{}", said.err);
    let whole = fleet.files("rendered");
    assert!(whole.contains_key("fleet.sha256") && fleet.files("merged") == whole);
    assert!(merge(&all).err.contains("(0 written)"));

    // A pod of an Indexed Job asks its environment; what is in the folder and not in the shard stays.
    let job = |index: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command.arg("-C").arg(&fleet.folder).args(["render", "--output-dir", "again", "--shards", "7"]);
        let output = match index {
            Some(index) => command.env("JOB_COMPLETION_INDEX", index).output(),
            None => command.env_remove("JOB_COMPLETION_INDEX").output(),
        };
        output.expect("it runs").status.code()
    };
    fs::create_dir_all(fleet.folder.join("again")).expect("writable");
    let other = whole.keys().filter_map(|path| path.split_once('/')).map(|(cluster, _)| cluster.to_owned());
    let other = other.into_iter().find(|c| !fleet.folder.join("shards/2").join(c).exists()).expect("in another shard");
    let from = format!("rendered/{other}");
    for (path, text) in fleet.files(&from) {
        fleet.write(&format!("again/{other}/{path}"), &text);
    }
    assert_eq!((job(None), job(Some("7")), job(Some("2"))), (Some(2), Some(2), Some(0)));
    assert_eq!(fleet.files(&format!("again/{other}")), fleet.files(&from));
    let mut again = fleet.files("again");
    again.retain(|path, _| !path.starts_with(&format!("{other}/")));
    assert_eq!(again, fleet.files("shards/2"));

    // What is missing, doubled, strange or changed is refused by name, and nothing is written.
    let refused = |shards: &[&str], words: &str| {
        let said = merge(shards);
        assert!(said.code != 0 && said.err.contains(words), "{words}: {}", said.err);
        assert_eq!(fleet.files("merged"), whole, "{words}");
    };
    refused(&all[..6], "of 7 shards these are missing: 6");
    refused(&[&all[..], &["shards/3"]].concat(), "shards/3 and shards/3 are both shard 3/7");
    refused(&[&all[..6], &["rendered"]].concat(), "rendered is no shard: it has no .gatewright-shard.json");
    refused(&[&all[..2], &["again"], &all[3..]].concat(), &format!("again holds {other}, which it did not render"));
    let full = (0..7).find(|i| fleet.files(&shards[*i]).len() > 1).expect("a shard with clusters");
    let (path, text) =
        fleet.files(&shards[full]).into_iter().find(|(path, _)| path.ends_with("groups.yaml")).expect("a cluster");
    let file = format!("{}/{path}", shards[full]);
    fleet.write(&file, "changed");
    refused(&all, &format!("{file} was changed"));
    fleet.remove(&file);
    refused(&all, &format!("{file} is missing"));
    fleet.write(&file, &text);
    fleet.write(&file.replace("groups.yaml", "backdoor.yaml"), &text);
    refused(&all, "backdoor.yaml was not rendered");
    fleet.remove(&file.replace("groups.yaml", "backdoor.yaml"));
    fleet.cluster(9, "");
    drop(shard(4));
    refused(&all, "was rendered from other inputs");
}

/// From the inputs alone: what lies in rendered/ does not count.
#[test]
fn an_index_or_a_folder_is_held_against_the_inputs() {
    let fleet = Fleet::new("verify", 3);
    fleet.fine(&["render"]);
    let index = fs::read_to_string(fleet.folder.join("rendered/fleet.sha256")).expect("written");
    let names: Vec<&str> = index.lines().filter_map(|line| line.split_once("  ")).map(|(_, path)| path).collect();
    assert_eq!(names, ["dev-1", "prod-0", "prod-2"].map(|name| format!("{name}/.gatewright.sha256")));
    let mut sums = Command::new("sha256sum");
    sums.args(["-c", "--quiet", "fleet.sha256"]).current_dir(fleet.folder.join("rendered"));
    assert!(sums.status().is_ok_and(|status| status.success()));
    fs::rename(fleet.folder.join("rendered"), fleet.folder.join("elsewhere")).expect("writable");
    assert!(
        fleet.fine(&["verify", "elsewhere/fleet.sha256"]).err.contains("3 clusters are as elsewhere/fleet.sha256 says")
    );
    fleet.fine(&["verify", "elsewhere/prod-0"]);
    fleet.fine(&["verify", "elsewhere/fleet.sha256", "-l", "ring=canary"]);
    // One cluster has other inputs now.
    fleet.cluster(2, "settings: { litellm: { replicas: 3 } }\n");
    let told = |arguments: &[&str], words: &str| {
        let said = fleet.run(&[&["verify"], arguments].concat());
        assert!(said.code == 1 && said.err.contains(words), "{arguments:?}: {}", said.err);
    };
    told(&["elsewhere/fleet.sha256"], "elsewhere/fleet.sha256 has another digest of `prod-2` than the inputs render");
    fleet.fine(&["verify", "elsewhere/fleet.sha256", "--cluster", "prod-0"]);
    told(&["elsewhere/prod-2"], "elsewhere/prod-2/litellm/deployment-litellm.yaml is not what the inputs render");
    fleet.write("elsewhere/prod-0/litellm/backdoor.yaml", "mine");
    told(&["elsewhere/prod-0"], "elsewhere/prod-0/litellm/backdoor.yaml is not rendered");
    fleet.remove("clusters/prod-2.yaml");
    told(&["elsewhere/fleet.sha256"], "has a digest of `prod-2`, and there is no such cluster");
    fleet.cluster(5, "");
    told(&["elsewhere/fleet.sha256"], "says nothing of `dev-5`");
    assert_eq!(fleet.run(&["verify", "features.yaml"]).code, 2);
    // A run over a part keeps what the index says of the others; a stale one is told.
    fs::rename(fleet.folder.join("elsewhere"), fleet.folder.join("rendered")).expect("writable");
    fleet.remove("rendered/prod-0/litellm/backdoor.yaml");
    assert!(fleet.run(&["render", "--check"]).err.contains("rendered/fleet.sha256 is not what the inputs render"));
    fleet.fine(&["render", "--cluster", "dev-5"]);
    fleet.fine(&["render", "--allow-delete", "prod-2"]);
    fleet.fine(&["render", "--check"]);
    fleet.fine(&["verify"]);
    // What we did not write stays.
    fleet.write("rendered/fleet.sha256", "mine\n");
    let said = fleet.run(&["render"]);
    assert!(said.code == 2 && said.err.contains("fleet.sha256 is in the way"), "{}", said.err);
    fs::remove_dir_all(fleet.folder.join("clusters")).expect("writable");
    fleet.fine(&["render", "--output-dir", "alone"]);
    assert!(!fleet.folder.join("alone/fleet.sha256").exists(), "one cluster has its own index");
}

/// What is printed to render on several machines is sound, and says what `render` and `merge` take.
#[test]
fn a_job_and_a_matrix_are_printed_from_settings() {
    let fleet = Fleet::new("runners", 2);
    let said = fleet.run(&["fleet", "job"]);
    assert!(said.code == 2 && said.err.contains("`platform.fleet.image` is not set"), "{}", said.err);
    let features = fs::read_to_string(fleet.folder.join("features.yaml")).expect("written");
    let image = "fleet: { shards: 7, folder: platform, image: registry.example.com/gatewright:1.4.2 }, name: edge";
    fleet.write("features.yaml", &features.replace("name: edge", image));
    let job = fleet.fine(&["fleet", "job"]).out;
    assert!(!job.contains("{#") && job.starts_with("# As `gatewright fleet job`"), "{job}");
    fleet.write("job.yaml", &job);
    let said = fleet.fine(&["check", "--manifests", "job.yaml", "--deny", "warnings"]);
    assert!(said.err.contains("1 object in 1 file"), "{}", said.err);
    let read = |text: &str| -> serde_json::Value { kubeyaml::values(&Source::new("", text)).expect("YAML").remove(0) };
    let spec = &read(&job)["spec"];
    assert_eq!((&spec["completions"], &spec["parallelism"]), (&7.into(), &4.into()));
    let container = &spec["template"]["spec"]["containers"][0];
    assert_eq!(
        container["args"],
        serde_json::json!(["render", "--shards", "7", "--output-dir", "shards/$(JOB_COMPLETION_INDEX)"])
    );
    assert_eq!(container["workingDir"], "/repository/platform");
    let workflow = read(&fleet.fine(&["fleet", "matrix"]).out);
    let shard = &workflow["jobs"]["shard"];
    assert_eq!(shard["strategy"]["matrix"]["shard"], serde_json::json!([0, 1, 2, 3, 4, 5, 6]));
    let run = "gatewright render --shard ${{ matrix.shard }}/7 --output-dir shards/${{ matrix.shard }}";
    assert_eq!(shard["steps"][1]["run"], run);
    assert_eq!(workflow["jobs"]["merge"]["steps"][2]["run"], "gatewright merge shards/shard-* --output-dir rendered");
    fleet.write("clusters/dev-1.yaml", "platform: { fleet: { shards: 3 } }\n");
    assert!(fleet.run(&["fleet", "job"]).err.contains("set it in features.yaml alone"));
}

/// A ring is a label; its clusters follow its branch and folder, and so does what brings them.
#[test]
fn a_ring_has_its_branch_and_an_applicationset_brings_each_cluster() {
    let fleet = Fleet::new("rings", 4);
    let features = fs::read_to_string(fleet.folder.join("features.yaml")).expect("written");
    let rings = "p.git, rings: { canary: {}, stable: { revision: release, path: stable } }";
    fleet.write("features.yaml", &features.replace("p.git", rings));
    fleet.fine(&["render"]);
    let lines = |cluster: &str| {
        let files = fleet.files(&format!("rendered/{cluster}/bootstrap"));
        let text =
            files.iter().find(|(name, _)| name.starts_with("application-")).map(|(_, text)| text).expect("rendered");
        let values =
            ["targetRevision: ", "path: "].map(|key| text.split(key).nth(1).and_then(|rest| rest.lines().next()));
        values.map(|value| value.unwrap_or_default().to_owned())
    };
    assert_eq!(lines("prod-0"), ["main", "rendered/prod-0/argocd"]);
    assert_eq!(lines("dev-1"), ["release", "stable/dev-1/argocd"]);
    let set = fleet.fine(&["fleet", "appset"]).out;
    fleet.write("set.yaml", &set);
    fleet.fine(&["check", "--manifests", "set.yaml", "--deny", "warnings"]);
    let set = kubeyaml::values(&Source::new("set.yaml", set)).expect("YAML").remove(0);
    let elements = &set["spec"]["generators"][0]["list"]["elements"];
    assert_eq!(elements[0], serde_json::json!({ "cluster": "dev-1", "revision": "release", "path": "stable" }));
    assert_eq!(elements.as_array().map(Vec::len), Some(4));
    assert_eq!(set["spec"]["template"]["spec"]["source"]["path"], "{{ .path }}/{{ .cluster }}/bootstrap");
    fleet.write("clusters/dev-1.yaml", "platform: { labels: { ring: stabel } }\n");
    let said = fleet.run(&["check"]);
    assert!(said.code == 1 && said.err.contains("`platform.argocd.rings` has no ring `stabel`"), "{}", said.err);
    assert!(
        said.err.contains("clusters/dev-1.yaml:1:23") && said.err.contains("did you mean `stable`?"),
        "{}",
        said.err
    );
}

/// A cluster is passed over where inputs, binary and files are what they were; nothing else is, and only by `render`.
#[test]
fn a_run_relies_on_the_last_one_for_what_has_not_changed() {
    let fleet = Fleet::new("remembered", 3);
    fleet.fine(&["render"]);
    let first = fleet.files("rendered");
    let file = "prod-0/namespaces/namespace-litellm.yaml";
    let index = format!("prod-0/{}", gatewright::render::tree::INDEX);
    let written = |fleet: &Fleet| {
        let said = fleet.fine(&["render"]).err;
        said.split_once('(').and_then(|(_, rest)| rest.split_once(" written")).expect("a count").0.to_owned()
    };
    assert_eq!(written(&fleet), "0");
    fleet.write(&format!("rendered/{file}"), "mine\n");
    assert_eq!(written(&fleet), "1");
    fleet.remove(&format!("rendered/{file}"));
    assert_eq!(written(&fleet), "1");
    assert_eq!(fleet.files("rendered"), first);
    // Files with an index of their own are no reason to pass it over.
    let digest = |text: &str| gatewright::text::digest::hex(text.as_bytes());
    let forged = first[&index].replace(&digest(&first[file]), &digest("mine\n"));
    fleet.write(&format!("rendered/{file}"), "mine\n");
    fleet.write(&format!("rendered/{index}"), &forged);
    assert_eq!(written(&fleet), "1");
    assert_eq!(fleet.files("rendered"), first);
    // Unless the memory says the same, which `--check` does not ask.
    fleet.write(&format!("rendered/{file}"), "mine\n");
    fleet.write(&format!("rendered/{index}"), &forged);
    let cache = fleet.cache();
    let memory = fs::read_to_string(&cache).expect("a memory");
    fs::write(&cache, memory.replace(&digest(&first[&index]), &digest(&forged))).expect("writable");
    assert_eq!(written(&fleet), "0");
    let said = fleet.run(&["render", "--check"]);
    assert!(said.code == 1 && said.err.contains(file), "{}", said.err);
    fs::write(&cache, "no memory\n").expect("writable");
    assert_eq!(written(&fleet), "1");
    // Inputs of each kind.
    fleet.write("clusters/prod-0.yaml", "platform: { labels: { ring: stable } }\n");
    fleet.write(
        "patches/litellm.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: { name: litellm, labels: { team: a } }\n",
    );
    assert_ne!(written(&fleet), "0");
    assert!(fleet.files("rendered")["dev-1/namespaces/namespace-litellm.yaml"].contains("team: a"));
    fleet.write("groups/litellm.yaml", "base: builtin\nnonsense: true\n");
    assert_ne!(fleet.run(&["render"]).code, 0);
    fleet.remove("groups/litellm.yaml");
    fleet.remove("patches/litellm.yaml");
    fleet.cluster(0, "");
    fleet.fine(&["render"]);
    assert_eq!(fleet.files("rendered"), first);
}

/// A warning is told in each run, at its place, also where the cluster that earned it is passed over.
#[test]
fn what_was_said_of_a_cluster_is_said_again() {
    let fleet = Fleet::new("warned", 2);
    fleet.cluster(
        0,
        "settings: { serving: { models: { slipped: { model: Org/A, inputPrice: 0.0000001, outputPrice: 1 } } } }\n",
    );
    let told = || {
        let said = fleet.fine(&["render"]).err;
        said.lines().filter(|line| !line.contains(" removed)")).map(|line| format!("{line}\n")).collect::<String>()
    };
    let first = told();
    assert!(first.contains("warning[setting-advice]") && first.contains("clusters/prod-0.yaml:2:"), "{first}");
    assert_eq!(told(), first);
    let memory = fs::read_to_string(fleet.cache()).expect("a memory");
    fs::write(fleet.cache(), memory.replace("setting-advice", "litellm-start")).expect("writable");
    assert!(told().contains("warning[litellm-start]"), "the memory was not asked");
    // What cannot be understood is worked out.
    fs::write(fleet.cache(), memory.replace("setting-advice", "no-such-code")).expect("writable");
    assert_eq!(told(), first);
    fs::write(fleet.cache(), memory.replace("clusters/prod-0.yaml\"", "clusters/gone.yaml\"")).expect("writable");
    assert_eq!(told(), first);
}

/// Equal objects are looked at once for all clusters, and yet each cluster is told what is wrong with it and nothing else.
#[test]
fn what_is_said_of_a_cluster_does_not_hang_on_the_others() {
    let fleet = Fleet::new("apart", 3);
    let rule = |rules: &str| {
        format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{ name: NAME, namespace: notes }}\n\
             spec: {{ groups: [{{ name: notes, rules: [{rules}] }}] }}\n"
        )
    };
    let asks = rule("{ alert: Notes, expr: litellm_notes_total > 1 }").replace("NAME", "asks");
    let records = rule("{ record: litellm_notes_total, expr: vector(1) }").replace("NAME", "records");
    let pod = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: notes, namespace: notes }\n\
               spec: { selector: { matchLabels: { app: notes } }, template: { metadata: { labels: { app: notes } }, spec: { containers: [\
               { name: notes, image: \"notes:1\", env: [{ name: TO, value: \"http://notes.notes.svc:80\" }], \
               envFrom: [{ configMapRef: { name: notes } }] }] } } }\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: notes, namespace: notes }\ndata: { A: b }\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata: { name: notes, namespace: notes }\n\
                   spec: { selector: { app: notes }, ports: [{ port: PORT }] }\n";
    fleet.write("manifests/notes/asks.yaml", &asks);
    fleet.write("manifests/notes/pod.yaml", pod);
    let parts = [("dev-1", "map", map.to_owned()), ("dev-1", "service", service.replace("PORT", "81"))];
    let whole = [("records", records), ("map", map.to_owned()), ("service", service.replace("PORT", "80"))];
    let whole = whole.into_iter().map(|(name, text)| ("prod-0", name, text));
    for (cluster, name, text) in parts.into_iter().chain(whole) {
        fleet.write(&format!("clusters/{cluster}/manifests/notes-{name}/a.yaml"), &text);
    }
    let told = |arguments: &[&str]| -> BTreeSet<(String, String)> {
        let said = fleet.run(&[&["check", "-o", "json"], arguments].concat());
        let said: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        said.iter().map(|finding| (text(finding, "code"), text(finding, "message"))).collect()
    };
    let alone = ["prod-0", "dev-1", "prod-2"].map(|cluster| told(&["--cluster", cluster]));
    assert_eq!(told(&[]), alone.iter().flatten().cloned().collect());
    let about = ["dangling-reference", "missing-port", "unknown-metric"];
    let codes = alone.each_ref().map(|told| {
        let codes = told.iter().map(|(code, _)| code.as_str()).filter(|code| about.contains(code));
        codes.collect::<Vec<_>>()
    });
    let of_none = vec!["dangling-reference", "dangling-reference", "unknown-metric"];
    assert_eq!(codes, [vec![], vec!["missing-port", "unknown-metric"], of_none]);
}

/// With the plugin each Application asks for its folder at the inputs, and what the plugin prints for that is what lies in git otherwise.
#[test]
fn a_plugin_delivers_what_would_lie_in_git() {
    let fleet = Fleet::new("plugin", 2);
    let features = fs::read_to_string(fleet.folder.join("features.yaml")).expect("written");
    fleet.write("features.yaml", &features.replace("name: edge", "name: edge, fleet: { folder: platform }"));
    let said = fleet.run(&["argocd", "plugin"]);
    assert!(said.code == 2 && said.err.contains("no image with gatewright in it is named"), "{}", said.err);
    let printed = fleet.fine(&["argocd", "plugin", "--image", "registry.example.com/gatewright:1.4.2"]).out;
    let read = |text: &str| kubeyaml::values(&Source::new("", text)).expect("YAML");
    let objects = read(&printed);
    let configuration = read(objects[0]["data"]["plugin.yaml"].as_str().expect("a file")).remove(0);
    assert_eq!(configuration["metadata"]["name"], "gatewright");
    let sidecar = &objects[1]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(sidecar["image"], "registry.example.com/gatewright:1.4.2");
    let command = configuration["spec"]["generate"]["command"].as_array().expect("a command").clone();
    let command: Vec<&str> = command.iter().skip(1).filter_map(serde_json::Value::as_str).collect();
    let generate = |cluster: &str, folder: &str| {
        let mut run = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        run.current_dir(&fleet.folder).args(&command).env("PARAM_CLUSTER", cluster).env("PARAM_FOLDER", folder);
        let output = run.output().expect("it runs");
        assert!(output.status.success(), "{folder}: {}", String::from_utf8_lossy(&output.stderr));
        read(&String::from_utf8(output.stdout).expect("UTF-8"))
    };
    fleet.fine(&["render"]);
    let root = generate("dev-1", "bootstrap").into_iter().find(|o| o["kind"] == "Application").expect("the root");
    let mut open = vec![root["spec"]["source"].clone()];
    let mut delivered = std::collections::BTreeMap::new();
    while let Some(source) = open.pop() {
        let plugin = &source["plugin"];
        assert_eq!((&plugin["name"], &source["path"]), (&"gatewright".into(), &"platform".into()));
        let folder = plugin["parameters"][1]["string"].as_str().expect("a folder").to_owned();
        let objects = generate(plugin["parameters"][0]["string"].as_str().expect("a cluster"), &folder);
        let lying = fleet.files(&format!("rendered/dev-1/{folder}"));
        assert_eq!(objects.len(), lying.len(), "{folder}");
        for object in &objects {
            if object["kind"] == "Application" {
                let text = object.to_string();
                assert!(!text.contains("rendered/") && !text.contains("$values"), "{text}");
                open.extend(Some(object["spec"]["source"].clone()).filter(|source| !source["plugin"].is_null()));
            } else {
                assert!(lying.iter().any(|(_, text)| read(text)[0] == *object), "{folder}: {object}");
            }
        }
        delivered.insert(folder, objects.len());
    }
    assert!(delivered.len() >= 10 && delivered["litellm"] > 0, "{delivered:?}");
    let said = fleet.run(&["argocd", "generate", "--cluster", "dev-1", "--folder", "../dev-0"]);
    assert!(said.code == 2 && said.err.contains("renders nothing in the folder `../dev-0`"), "{}", said.err);
    assert!(fleet.run(&["argocd", "generate"]).err.contains("choose one with --cluster"));
}
