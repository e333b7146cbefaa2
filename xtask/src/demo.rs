//! Connects an emulated tenant, syncs it, changes it, and syncs it again.

use std::process::ExitStatus;

use crate::{
    Result, components,
    programs::{Profile, Programs},
    tenant::{Size, Tenant},
};

pub(crate) fn run() -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Dev)?;
    title("An emulated Microsoft 365 tenant with 10,000 users in 500 groups, and 250 rooms");
    let tenant = Tenant::start(&programs, &plugin, Size::of_users(10_000))?;
    println!("It answers at {} while this demo runs.", tenant.graph());

    for (text, arguments) in [
        ("The administrator presses “Test settings”", &["validate"][..]),
        ("ONES receives the rooms", &["sync", "rooms"]),
        ("ONES receives the users and groups", &["sync", "users"]),
    ] {
        title(text);
        succeeded(tenant.run_host(arguments)?)?;
    }
    title("In the tenant, users are added, renamed, blocked and deleted: 100 changes");
    tenant.change(100)?;
    title("ONES receives the changes");
    succeeded(tenant.run_host(&["sync", "users"])?)?;
    title("The host has recorded every run");
    succeeded(tenant.run_host(&["runs"])?)?;
    println!("\nNext: `ones-host --help`, and README.md for how to connect your own tenant.");
    Ok(())
}

fn title(text: &str) {
    println!("\n── {text}\n");
}

fn succeeded(status: ExitStatus) -> Result {
    match status.code() {
        // 3: the sync is done, and an administrator is to approve some removals.
        Some(0 | 3) => Ok(()),
        _ => Err(format!("ones-host ended with {status}")),
    }
}
