//! A cluster's folder is the old tree or the new one, whenever a run is killed and whatever write fails; files of others
//! survive, and the next run repairs without being told.
//!
//! `FAULTS=all cargo test --test faults` tries every system call and 500 random instants instead of a sample.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

const OLD: &str =
    "platform: { name: dev, argocd: { repoURL: 'https://git.example.com/p.git' } }\nfeatures: { mcp: true }\n";
const NEW: &str = "platform: { name: dev, argocd: { repoURL: 'https://git.example.com/p.git' } }\nfeatures: { egress: true }\nsettings: { serving: { models: { other: { model: example/other } } } }\n";

/// Path -> mode and content (or where a link leads).
type Files = BTreeMap<String, (u32, String)>;

fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    for entry in walkdir::WalkDir::new(folder).min_depth(1).into_iter().flatten() {
        let path = entry.path();
        let about = path.symlink_metadata().expect("it is there");
        let content = match () {
            () if about.is_symlink() => fs::read_link(path).expect("a link").display().to_string(),
            () if about.is_dir() => continue,
            () => fs::read_to_string(path).expect("text"),
        };
        let name = path.strip_prefix(folder).expect("below it").display().to_string();
        files.insert(name, (about.permissions().mode() & 0o7777, content));
    }
    files
}

struct Case {
    folder: PathBuf,
    /// The folder before the run, and a copy of it to start from again.
    old: Files,
    new: Files,
    tracer: Option<PathBuf>,
}

fn render(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    arguments(&mut command, folder);
    command
}

fn arguments(command: &mut Command, folder: &Path) {
    command.arg("-C").arg(folder).args(["render", "--allow-delete", "dev"]);
    // One thread: the Nth call is the same in every run.
    command.env("RAYON_NUM_THREADS", "1").stdout(Stdio::null()).stderr(Stdio::null());
}

impl Case {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("writable");
        fs::write(folder.join("features.yaml"), OLD).expect("writable");
        assert!(render(&folder).status().expect("it runs").success());
        let dev = folder.join("rendered/dev");
        fs::write(dev.join("mine.txt"), "mine").expect("writable");
        fs::create_dir(dev.join("notes")).expect("writable");
        fs::write(dev.join("notes/mine.sh"), "mine too").expect("writable");
        fs::set_permissions(dev.join("notes/mine.sh"), fs::Permissions::from_mode(0o750)).expect("ours");
        fs::write(dev.join("mcp/mine.yaml"), "beside files that go").expect("writable");
        symlink("/nowhere", dev.join("link")).expect("writable");
        let case = Self { old: files(&dev), new: Files::new(), tracer: tracer(), folder };
        case.copy("rendered", "before");
        fs::write(case.folder.join("features.yaml"), NEW).expect("writable");
        assert!(render(&case.folder).status().expect("it runs").success());
        let new = files(&dev);
        assert_ne!(case.old, new);
        Self { new, ..case }
    }

    fn copy(&self, from: &str, to: &str) {
        let _ = fs::remove_dir_all(self.folder.join(to));
        let (from, to) = (self.folder.join(from), self.folder.join(to));
        assert!(Command::new("cp").arg("-a").args([from, to]).status().expect("cp runs").success());
    }

    /// The command under the tracer, from the old tree.
    fn traced(&self, mode: &str, at: usize, errno: &str) -> Option<Command> {
        self.copy("before", "rendered");
        let mut command = Command::new(self.tracer.as_ref()?);
        command.args([mode, &at.to_string(), errno, env!("CARGO_BIN_EXE_gatewright")]);
        arguments(&mut command, &self.folder);
        Some(command)
    }

    fn calls(&self) -> Option<usize> {
        let output = self.traced("count", 0, "-")?.stdout(Stdio::piped()).output().expect("it runs");
        let count = String::from_utf8(output.stdout).expect("a number").trim().parse().expect("a number");
        assert!(count > 100, "{count} calls");
        Some(count)
    }

    /// The old tree or the new one; then, after one more run, the new one and nothing beside it.
    fn holds(&self, what: &str, status: ExitStatus) {
        let found = files(&self.folder.join("rendered/dev"));
        assert!(found == self.old || found == self.new, "{what}: a mixture");
        if status.success() {
            assert_eq!(found, self.new, "{what}: it said that all is well");
        }
        assert!(render(&self.folder).status().expect("it runs").success(), "{what}: the next run fails");
        assert_eq!(files(&self.folder.join("rendered")), beside(&self.new), "{what}: not repaired");
    }
}

/// The files of the cluster's folder as they are seen from the output folder: there is nothing else in it.
fn beside(files: &Files) -> Files {
    files.iter().map(|(path, file)| (format!("dev/{path}"), file.clone())).collect()
}

/// Builds the tracer; without a C compiler or on another machine than it knows the test says that it was skipped.
fn tracer() -> Option<PathBuf> {
    if !cfg!(target_arch = "x86_64") {
        println!("SKIPPED: the tracer knows x86-64 only");
        return None;
    }
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tracer");
    let temporary = program.with_extension(format!("{:?}", std::thread::current().id()));
    let built = Command::new("cc").args(["-O1", "-o"]).arg(&temporary).arg("tests/faults/tracer.c").status();
    if !built.is_ok_and(|status| status.success()) {
        println!("SKIPPED: there is no C compiler `cc`");
        return None;
    }
    fs::rename(temporary, &program).expect("writable");
    Some(program)
}

fn all() -> bool {
    std::env::var("FAULTS").is_ok_and(|v| v == "all")
}

/// Every call, or a sample that reaches the last ones, where the folders change places.
fn sample(calls: usize) -> Vec<usize> {
    if all() { (1..=calls).collect() } else { (1..=calls).step_by(calls / 10).chain(calls - 8..=calls).collect() }
}

#[test]
fn killed_at_a_system_call() {
    let case = Case::new("kill");
    let Some(calls) = case.calls() else { return };
    for at in sample(calls) {
        let status = case.traced("kill", at, "-").expect("built").status().expect("it runs");
        assert_eq!(status.code(), Some(137), "call {at}");
        case.holds(&format!("killed at call {at} of {calls}"), status);
    }
}

#[test]
fn a_system_call_fails() {
    let case = Case::new("fail");
    let Some(calls) = case.calls() else { return };
    // 28: no space on the device, from then on; -5: one input/output error.
    for (errno, at) in ["28", "-5"].into_iter().flat_map(|errno| sample(calls).into_iter().map(move |at| (errno, at))) {
        let status = case.traced("fail", at, errno).expect("built").status().expect("it runs");
        assert!(matches!(status.code(), Some(0 | 2)), "call {at}, errno {errno}: {status}");
        case.holds(&format!("errno {errno} at call {at} of {calls}"), status);
    }
}

#[test]
fn killed_at_any_instant() {
    let case = Case::new("instant");
    let mut random: u64 = 7;
    for round in 0..if all() { 500 } else { 15 } {
        case.copy("before", "rendered");
        let mut child = render(&case.folder).spawn().expect("it runs");
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        std::thread::sleep(Duration::from_micros(random >> 46)); // up to 0.26 s, longer than a run takes
        let _ = child.kill();
        let status = child.wait().expect("it ends");
        case.holds(&format!("round {round}"), status);
    }
}

#[test]
fn several_at_once() {
    let case = Case::new("several");
    for _ in 0..if all() { 100 } else { 4 } {
        case.copy("before", "rendered");
        let children: Vec<_> = (0..4).map(|_| render(&case.folder).spawn().expect("it runs")).collect();
        for mut child in children {
            assert!(child.wait().expect("it ends").success());
        }
        assert_eq!(files(&case.folder.join("rendered")), beside(&case.new));
    }
}
