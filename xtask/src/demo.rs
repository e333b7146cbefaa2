//! A tenant is connected, synced, changed, and synced again.

use crate::{
    Result, cargo,
    tenant::{Size, Tenant},
};

pub(crate) fn run() -> Result {
    let component = cargo::component()?;
    let programs = cargo::programs("dev")?;
    step("An emulated Microsoft 365 tenant with 10,000 people in 500 groups, and 250 rooms");
    let tenant = Tenant::start(&programs, &component, Size::of(10_000))?;
    println!("It answers at {} for as long as this demo runs.", tenant.graph());

    for (title, words) in [
        ("The administrator presses “Test settings”", &["validate"][..]),
        ("Rooms come to ONES", &["sync", "rooms"]),
        ("People and groups come to ONES", &["sync", "users"]),
    ] {
        step(title);
        done(tenant.show(words)?)?;
    }
    step("In the tenant, people are hired, renamed, blocked and deleted: 100 changes");
    tenant.change(100)?;
    step("What changed comes to ONES");
    done(tenant.show(&["sync", "users"])?)?;
    step("All of that is on record");
    done(tenant.show(&["runs"])?)?;
    println!("\nNext: `ones-host --help`, and README.md on how to connect a tenant of your own.");
    Ok(())
}

fn step(title: &str) {
    println!("\n── {title}\n");
}

fn done(status: std::process::ExitStatus) -> Result {
    match status.code() {
        // 3: removals wait for a person's word, which is a fine end of a demo too.
        Some(0 | 3) => Ok(()),
        _ => Err(format!("ones-host ended with {status}")),
    }
}
