//! The host's pages in a browser, with an emulated tenant.

use std::process::Command;

use crate::{
    Result, components,
    programs::{Profile, Programs},
    tenant::{Size, Tenant},
};

/// Serves the pages until it is interrupted, then deletes the data folder.
pub(crate) fn run() -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Dev)?;
    let tenant = Tenant::start(&programs, &plugin, Size::of_users(1_000))?;
    println!();
    println!("An emulated Microsoft 365 tenant with 1,000 users in 50 groups, and 250 rooms.");
    println!("Enter in the first step of the wizard:");
    println!("  Office 365 service operator   Other servers");
    println!("  Authority, Graph              {} in both fields", tenant.graph());
    for (label, field) in
        [("Tenant ID", "tenantId"), ("Client ID", "clientId"), ("Client secret", "clientSecret")]
    {
        println!("  {label:<29} {}", tenant.access[field].as_str().unwrap_or_default());
    }
    println!();
    // Ctrl-C ends the host. This program continues, so that it can delete the data folder.
    ctrlc::set_handler(|| {}).map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;
    let status = Command::new(programs.host)
        .arg("--plugin")
        .arg(plugin)
        .arg("--data")
        .arg(tenant.host.folder().join("served"))
        .arg("serve")
        .status()
        .map_err(|error| format!("cannot run ones-host: {error}"))?;
    match status.code() {
        // None: it was interrupted, which is how it is meant to end.
        Some(0) | None => Ok(()),
        _ => Err(format!("ones-host ended with {status}")),
    }
}
