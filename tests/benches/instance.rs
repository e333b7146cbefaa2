//! Measures the time of a call in a new instance. `cargo xtask bench` runs it.

use std::time::{Duration, Instant};

use ones_host::{
    plugin::{Client, Limits, Plugin, Session},
    settings::Settings,
};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let plugin = Plugin::load(&end_to_end::component(), Limits::default(), Client::new()?)?;
    let settings = json!({"server": {
        "name": "Contoso",
        "tenantId": "84841066-274d-4ec0-a5c1-276be684bdd3",
        "clientId": "6731de76-14a6-49ae-97bc-6eba6914391e",
        "clientSecret": "not~a~real~secret",
    }});
    let settings = Settings::parse(&settings.to_string(), |_| None)?;
    let session = runtime.block_on(Session::open(plugin, settings))?;
    let mut times = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        runtime.block_on(session.choices("/users/cardNumber", "", 1))?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).map_or(0, Duration::as_micros);
    println!(
        "a new instance and one call without requests: {} µs (median), {} µs (95 %)",
        at(50),
        at(95)
    );
    Ok(())
}
