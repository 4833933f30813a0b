//! Loading, validating, comparing and planning beside the bare parse of the same files.

mod project;

use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use project::{Shape, bare_parse, empty, environment, files, in_step, planned, sources, validate};

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let environment = environment();
    for resources in [1_000, 10_000, 100_000] {
        let shape = Shape::of(resources);
        let sources = sources(&files(shape));
        let bytes: usize = sources.base.iter().map(|source| source.text.len()).sum();
        let mut group = criterion.benchmark_group("plan");
        group.sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::Bytes(bytes as u64));
        let size = |what| BenchmarkId::new(what, resources);
        group.bench_function(size("bare parse"), |bencher| {
            bencher.iter(|| bare_parse(&sources));
        });
        group.bench_function(size("everything new"), |bencher| {
            bencher.iter(|| {
                let plan = planned(&validate(&sources, &environment), &mut empty());
                assert_eq!(plan.plan.summary.create, resources);
            });
        });
        group.bench_function(size("everything in step"), |bencher| {
            bencher.iter_batched_ref(
                || in_step(shape),
                |live| {
                    let plan = planned(&validate(&sources, &environment), live);
                    assert_eq!(plan.plan.summary.unchanged, resources);
                },
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
    criterion.final_summary();
}
