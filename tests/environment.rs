//! Folders that are not as they should be: somebody else's, read-only, on a disk that is too small. A clear message each, exit
//! code 2, and what was there is there. `faults.rs` has the failures of single system calls.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_gatewright");
const FEATURES: &str = "platform: { name: p, argocd: { repoURL: 'https://git.example.com/p.git' } }\n";
const CHANGED: &str = "platform: { name: p, profile: ha, argocd: { repoURL: 'https://git.example.com/p.git' } }\n";
const NOBODY: u32 = 65_534;

/// A folder with a rendered tree, and a features.yaml that would change it.
fn rendered(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("environment-{name}"));
    let _ = fs::set_permissions(&folder, fs::Permissions::from_mode(0o755));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("writable");
    fs::write(folder.join("features.yaml"), FEATURES).expect("writable");
    assert!(said(Command::new(PROGRAM).arg("render"), &folder).0 == 0);
    fs::write(folder.join("features.yaml"), CHANGED).expect("writable");
    folder
}

fn said(command: &mut Command, folder: &Path) -> (i32, String) {
    let output = command.current_dir(folder).stdin(Stdio::null()).output().expect("it runs");
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// The program as a user whom neither the folder nor its files belong to.
fn as_nobody() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM]);
    command
}

/// Whether there can be one; says so where not.
fn skipped(folder: &Path) -> bool {
    let works = as_nobody().arg("-C").arg(folder).arg("resolve").output().is_ok_and(|output| output.status.success());
    if !works {
        println!("SKIPPED: this user cannot run the program as another one");
    }
    !works
}

#[test]
fn somebody_elses_tree_stays_as_it_is() {
    let folder = rendered("other");
    if skipped(&folder) {
        return;
    }
    let (code, words) = said(as_nobody().arg("render"), &folder);
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("cannot write ./rendered/") && words.contains("Permission denied"), "{words}");
    fs::write(folder.join("features.yaml"), FEATURES).expect("writable");
    assert_eq!(said(as_nobody().args(["render", "--check"]), &folder), (0, String::new()), "it is as it was");
    // What cannot be read is not taken for missing.
    fs::create_dir(folder.join("groups")).expect("writable");
    fs::set_permissions(folder.join("groups"), fs::Permissions::from_mode(0o700)).expect("ours");
    let (code, words) = said(as_nobody().arg("check"), &folder);
    assert_eq!((code, words.as_str()), (2, "error: cannot list ./groups: Permission denied (os error 13)\n"));
}

/// The output folder is ours, the tree in it is not, and could be replaced but not taken away: that is seen before anything
/// moves.
#[test]
fn a_tree_that_cannot_be_removed_stays() {
    let folder = rendered("leftover");
    if skipped(&folder) {
        return;
    }
    chown(folder.join("rendered"), Some(NOBODY), None).expect("we are root");
    let (code, words) = said(as_nobody().arg("render"), &folder);
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("cannot write ./rendered/p: Permission denied"), "{words}");
    assert_eq!(names(&folder.join("rendered")), ["p"]);
    assert_eq!(said(Command::new(PROGRAM).arg("render"), &folder).0, 0);
}

/// A folder that its owner may not write to is replaced all the same, and stays as it was meant.
#[test]
fn a_folder_without_write_permission_is_replaced_whole() {
    let folder = rendered("locked");
    if skipped(&folder) {
        return;
    }
    for entry in walkdir::WalkDir::new(folder.join("rendered")).into_iter().flatten() {
        chown(entry.path(), Some(NOBODY), None).expect("we are root");
    }
    let cluster = folder.join("rendered/p");
    fs::set_permissions(&cluster, fs::Permissions::from_mode(0o555)).expect("we are root");
    for features in [CHANGED, FEATURES] {
        fs::write(folder.join("features.yaml"), features).expect("writable");
        let (code, words) = said(as_nobody().args(["render", "--allow-delete", "p"]), &folder);
        assert_eq!(code, 0, "{words}");
        assert_eq!(names(&folder.join("rendered")), ["p"]);
        assert_eq!(fs::metadata(&cluster).expect("it is there").permissions().mode() & 0o777, 0o555);
    }
}

/// What lies in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A shell script in a mount namespace of its own; `None`, and says so, where there is none to be had.
fn in_a_namespace(script: &str, folder: &Path) -> Option<(i32, String)> {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, PROGRAM]);
    let (code, words) = said(&mut command, folder);
    if code == 77 || words.contains("unshare") {
        println!("SKIPPED: nothing can be mounted here: {words}");
        return None;
    }
    Some((code, words))
}

#[test]
fn a_full_disk_leaves_the_old_tree() {
    let folder = rendered("full");
    let script = "before=$(cd rendered/p && sha256sum -c .gatewright.sha256 --quiet && cat .gatewright.sha256) || exit 76\n\
        mkdir disk && mount -t tmpfs -o size=400k none disk || exit 77\n\
        cp -a rendered/. disk && head -c 1000000 /dev/zero > disk/foreign 2> /dev/null\n\
        \"$0\" render --output-dir disk; code=$?\n\
        test \"$before\" = \"$(cd disk/p && sha256sum -c .gatewright.sha256 --quiet && cat .gatewright.sha256)\" || exit 75\n\
        test \"$(ls -A disk)\" = \"$(printf 'foreign\\np')\" || exit 74\n\
        rm disk/foreign && \"$0\" render --output-dir disk && exit $code";
    let Some((code, words)) = in_a_namespace(script, &folder) else { return };
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("cannot write disk/") || words.contains("cannot write ./disk/"), "{words}");
    assert!(words.contains("No space left on device"), "{words}");
}

#[test]
fn a_read_only_folder_is_told() {
    let folder = rendered("read-only");
    let script = "mount --bind . . && mount -o remount,ro,bind . || exit 77\n\
        cd \"$PWD\"; \"$0\" render --check; test $? = 1 || exit 76\n\"$0\" render";
    let Some((code, words)) = in_a_namespace(script, &folder) else { return };
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("Read-only file system"), "{words}");
}

/// Moving a folder moves what is mounted in it, and taking it away would empty that.
#[test]
fn a_mount_in_the_folder_stops_the_run() {
    let folder = rendered("mount");
    fs::create_dir(folder.join("precious")).expect("writable");
    fs::write(folder.join("precious/data"), "mine").expect("writable");
    let script = "mkdir rendered/p/data && mount --bind precious rendered/p/data || exit 77\n\
        \"$0\" render; code=$?; test -f precious/data || exit 76; test \"$(ls -A rendered)\" = p || exit 75; exit $code";
    let Some((code, words)) = in_a_namespace(script, &folder) else { return };
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("rendered/p/data is a mount point"), "{words}");
    assert!(words.contains("unmount it, or render into another folder"), "{words}");
}

/// A folder in a lower layer of overlayfs, as in the image of a container, cannot be renamed.
#[test]
fn a_folder_of_a_lower_layer_is_replaced() {
    let folder = rendered("overlay");
    fs::write(folder.join("rendered/p/mine.txt"), "mine").expect("writable");
    let script = "mkdir space && mount -t tmpfs none space && mkdir space/upper space/work && \
        mount -t overlay -o lowerdir=.,upperdir=space/upper,workdir=space/work,userxattr none /mnt || exit 77\n\
        cd /mnt && \"$0\" render || exit $?\n\
        \"$0\" render --check && test \"$(ls -A rendered)\" = p && test -f rendered/p/mine.txt || exit 76";
    let Some((code, words)) = in_a_namespace(script, &folder) else { return };
    assert_eq!(code, 0, "{words}");
}
