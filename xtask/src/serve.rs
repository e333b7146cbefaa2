//! The wizard in a browser, on an emulated tenant.

use std::process::Command;

use crate::{
    Result, cargo,
    tenant::{Size, Tenant},
};

/// Runs until it is interrupted; the data folder goes with it.
pub(crate) fn run() -> Result {
    let component = cargo::component()?;
    let (host, emulator) = cargo::programs("dev")?;
    let tenant = Tenant::start(&(host.clone(), emulator), &component, Size::of(1_000))?;
    println!(
        "\nAn emulated Microsoft 365 tenant with 1,000 people in 50 groups, and 250 rooms. For the first step of the wizard:"
    );
    println!("  Office 365 service operator   endpoints of your own, both {}", tenant.graph());
    for (label, name) in
        [("Tenant ID", "tenantId"), ("Client ID", "clientId"), ("Client secret", "clientSecret")]
    {
        println!("  {label:<29} {}", tenant.access[name].as_str().unwrap_or_default());
    }
    println!();
    // Ctrl-C is the host's to obey: this program stays to clear up behind it.
    ctrlc::set_handler(|| {}).map_err(|it| format!("Ctrl-C cannot be heard: {it}"))?;
    let status = Command::new(host)
        .arg("--plugin")
        .arg(component)
        .arg("--data")
        .arg(tenant.folder().join("served"))
        .arg("serve")
        .status()
        .map_err(|it| format!("ones-host cannot be run: {it}"))?;
    match status.code() {
        // None: interrupted, as it is meant to end.
        Some(0) | None => Ok(()),
        _ => Err(format!("ones-host ended with {status}")),
    }
}
