//! The cost of single calls, and the size of the component.

use std::fs;

use serde_json::Value;

use super::{
    contestants,
    goals::{self, Goal},
    measured::{self, median},
};
use crate::{
    Result, components,
    programs::{Profile, Programs},
    tenant::{Size, Tenant},
};

/// How often the program validates the settings.
const ROUNDS: usize = 9;

pub(crate) fn measure() -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Release)?;
    let contestant = contestants::build()?;
    let tenant = Tenant::start(&programs, &plugin, Size::of_users(10_000))?;
    let mut command = std::process::Command::new(contestant);
    let output = measured::run(command.arg("calls").arg(tenant.access.to_string()), &[0])?.output;
    let times: Value = serde_json::from_str(&output)
        .map_err(|error| format!("the contestant printed no times: {error}"))?;
    let microseconds = |name: &str| times[name].as_f64().map(|seconds| seconds * 1e6);
    tenant.host.compile_plugin()?;
    let mut validate = Vec::new();
    for _ in 0..ROUNDS {
        validate.push(measured::run(&mut tenant.host.command(&["validate"]), &[0])?.processor);
    }
    let size = fs::metadata(&plugin).map_err(|error| format!("{}: {error}", plugin.display()))?;

    println!("\n## Single calls\n");
    println!(
        "Processor time, medians. The emulated tenant has 10,000 users and 250 rooms, and is not \
         counted.\n"
    );
    println!("| | CPU |\n|---|---|");
    for (what, name) in [
        ("making an instance", "instance"),
        ("a call without requests in an instance of its own", "choices"),
        ("a callback of a sign-in: four requests", "callback"),
        ("`validate`, without the start of a program", "validate"),
    ] {
        println!("| {what} | {:.0} µs |", microseconds(name).unwrap_or(f64::NAN));
    }
    println!("| `ones-host validate` | {:.1} ms |", median(&validate) * 1e3);
    let validate = Some(median(&validate) * 1e3);
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let megabytes = Some(size.len() as f64 / 1e6);
    goals::print(&[
        Goal::at_most("an instance", 20.0, microseconds("instance")).in_unit("µs"),
        Goal::at_most("`ones-host validate`", 60.0, validate).in_unit("ms"),
        Goal::at_most("size of the component", 1.8, megabytes).in_unit("MB"),
    ]);
    Ok(())
}
