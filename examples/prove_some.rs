fn main() {
    let n: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(64);
    let catalog = gatewright::catalog::Catalog::new(&Default::default()).unwrap();
    let sets = gatewright::prove::sets(&catalog);
    let some: Vec<_> = sets.iter().step_by(sets.len() / n).cloned().collect();
    let start = std::time::Instant::now();
    let proof = gatewright::prove::prove(&catalog, &some, |_| {});
    eprintln!(
        "{} sets {} trees {} failed {:.2}s",
        proof.sets,
        proof.trees,
        proof.failed,
        start.elapsed().as_secs_f64()
    );
}
