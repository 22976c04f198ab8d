//! Hostile input: whatever a file says, no panic, no 5 seconds of work, no gigabyte of memory, and what is reported can be
//! printed. Targets (`targets.rs`) get the corpus, the project's own files and mutations of both (`mutate.rs`); the program
//! itself gets the corpus and what no corpus can hold (`hostile.rs`).
//!
//! Each target runs in a process of its own with a limit on memory, so that exhausted memory and stack are findings too.
//! `FUZZ=10m cargo test --test fuzz` mutates for so long each instead of a fixed number of times; `FUZZ_SEED` starts
//! elsewhere. An input that fails is kept, and `FUZZ_INPUT=FILE cargo test --test fuzz TARGET` tries that one alone.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

#[path = "../random/mod.rs"]
mod random;
#[cfg(unix)]
mod hostile;
mod mutate;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use random::Random;
use targets::{TARGETS, Target};

/// Mutated inputs of each target in a plain `cargo test`.
const INPUTS: usize = 25;

/// Longest work on one input, in seconds of processor time; optimised or not.
const SECONDS: u64 = 5;

/// Most memory of one process, in KiB: 1 GiB, beside the stacks that threads reserve.
const MEMORY: u64 = (1 << 20) + (256 << 10);

/// The stack of the thread that works, as the program has it.
const STACK: usize = 64 << 20;

/// Set for the process that runs a target.
const CHILD: &str = "FUZZ_TARGET";

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(CHILD) {
        let target = TARGETS.iter().find(|target| target.name == name).expect("a target of the table");
        run(target);
        return ExitCode::SUCCESS;
    }
    let fuzzed = TARGETS.iter().map(|target| Trial::test(target.name, move || in_a_process(target)));
    let trials = fuzzed.chain(hostile::trials()).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs a target in a process that cannot take more memory than it should.
fn in_a_process(target: &'static Target) -> Result<(), Failed> {
    let limit = if cfg!(target_os = "linux") { format!("ulimit -v {MEMORY}; ") } else { String::new() };
    let mut child = Command::new("sh");
    child.arg("-c").arg(limit + "exec \"$0\"").arg(std::env::current_exe()?).env(CHILD, target.name);
    let output = child.env("RAYON_NUM_THREADS", "2").output()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let start = said.len().saturating_sub(4_000);
    let kept = input_file(target);
    Err(format!("{}, on the input {}\n{}", output.status, kept.display(), &said[said.ceil_char_boundary(start)..])
        .into())
}

/// The input that is being tried.
fn input_file(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", target.name))
}

/// Tries the seeds of a target and mutations of them, until something fails, which ends the process.
fn run(target: &'static Target) {
    rayon::ThreadPoolBuilder::new().stack_size(STACK / 4).build_global().expect("the first pool of this process");
    watch();
    let work = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        if let Some(input) = std::env::var_os("FUZZ_INPUT") {
            return attempt(target, &fs::read_to_string(input).expect("a text"));
        }
        let seeds = seeds(target);
        let number = std::env::var("FUZZ_SEED").map_or(1, |seed| seed.parse().expect("a number"));
        let until = std::env::var("FUZZ").ok().map(|time| Instant::now() + minutes(&time));
        let mut random = Random(number);
        let mut count = 0;
        let own = seeds.iter().filter(|(ours, _)| *ours).map(|(_, text)| text);
        own.for_each(|text| attempt(target, text));
        while until.map_or(count < INPUTS, |until| Instant::now() < until) {
            let (one, other) = (random.below(seeds.len()), random.below(seeds.len()));
            attempt(target, &mutate::mutated(&seeds[one].1, &seeds[other].1, &mut random));
            count += 1;
        }
        println!("{}: {} seeds, {count} mutations", target.name, seeds.len());
    });
    if work.expect("a thread can be started").join().is_err() {
        std::process::exit(101);
    }
}

fn minutes(text: &str) -> Duration {
    let number = text.strip_suffix('m').and_then(|n| n.parse::<f64>().ok());
    Duration::from_secs_f64(60.0 * number.expect("FUZZ is a number of minutes, such as 10m"))
}

/// The corpus of a target, and files of the project that are such inputs. True for what was written for this test.
fn seeds(target: &Target) -> Vec<(bool, String)> {
    let mut seeds = Vec::new();
    let folder = format!("tests/fuzz/corpus/{}", target.name);
    for (ours, place) in [(true, folder.as_str())].into_iter().chain(target.seeds.iter().map(|place| (false, *place))) {
        let before = seeds.len();
        for entry in walkdir::WalkDir::new(place).sort_by_file_name().into_iter().flatten() {
            let fits = ours || entry.path().extension().is_some_and(|e| e == "yaml");
            if entry.file_type().is_file()
                && fits
                && let Ok(text) = fs::read_to_string(entry.path())
                && (ours || text.len() < mutate::LONGEST)
            {
                seeds.push((ours, text));
            }
        }
        match place.starts_with("../") {
            true if before == seeds.len() => println!("SKIPPED: no seeds for {} in {place}", target.name),
            _ => assert!(before < seeds.len(), "no seeds in {place}"),
        }
    }
    seeds
}

/// When the input that is being tried has had its time, in milliseconds of this process; 0: none is.
static DEADLINE: AtomicU64 = AtomicU64::new(0);

fn attempt(target: &Target, text: &str) {
    fs::write(input_file(target), text).expect("writable");
    DEADLINE.store(processor_time() + SECONDS * 1_000, Ordering::SeqCst);
    targets::report(&(target.attempt)(text));
    DEADLINE.store(0, Ordering::SeqCst);
}

/// Ends the process when an input takes too long.
fn watch() {
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_millis(50));
            let deadline = DEADLINE.load(Ordering::SeqCst);
            if deadline > 0 && processor_time() > deadline {
                eprintln!("more than {SECONDS} seconds of work");
                std::process::exit(102);
            }
        }
    });
}

/// What the threads of this process have worked, in milliseconds: a busy machine does not count.
fn processor_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000 + time.tv_nsec as u64 / 1_000_000
}
