//! How long a fresh instance takes: `cargo xtask bench` runs it.

use std::time::{Duration, Instant};

use ones_host::plugin::{Client, Limits, Plugin};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let plugin = Plugin::load(&end_to_end::component(), Limits::default(), Client::new()?)?;
    let mut times = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        runtime.block_on(plugin.describe())?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).map_or(0, Duration::as_micros);
    println!(
        "a fresh instance and one call of describe: {} µs (median), {} µs (95 %)",
        at(50),
        at(95)
    );
    Ok(())
}
