//! What `prove` costs: a sample of the feature sets, rendered and checked. `cargo bench --bench prove` runs it, with
//! `EVERY=1` on all of them; numbers are for comparing on one machine, not for keeping.

#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::time::Instant;

use gatewright::command::{prove, sets};
use gatewright::group::catalog::Catalog;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One set in so many, unless the variable EVERY says otherwise; coprime with the number of choices of each kind, so that
/// all of them are met.
const EVERY: usize = 61;

fn main() {
    let catalog = Catalog::new(&Default::default()).expect("the built-in catalog");
    let all = sets::sets(&catalog);
    let sample: Vec<_> = all
        .iter()
        .step_by(std::env::var("EVERY").map_or(EVERY, |every| every.parse().expect("EVERY is a number")))
        .cloned()
        .collect();
    let start = Instant::now();
    let proof = prove::prove(&catalog, &sample, |_| {});
    let time = start.elapsed();
    assert_eq!(proof.failed, 0);
    let each = time.as_secs_f64() / sample.len() as f64;
    println!(
        "{} of {} sets in {:.2} s: {:.2} ms a set, all in about {:.0} s",
        sample.len(),
        all.len(),
        time.as_secs_f64(),
        each * 1e3,
        each * all.len() as f64
    );
}
