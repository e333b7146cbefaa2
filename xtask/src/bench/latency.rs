//! How much longer a sync takes than the server that it waits for.

use std::{path::Path, time::Duration};

use super::{
    contestants,
    goals::{self, Goal},
    measured::{self, median},
    page_server::{PageServer, Tenant},
};
use crate::{
    Result, components,
    host::Host,
    programs::{Profile, Programs},
};

/// 200,799 users; each page is answered after 100 ms.
const TENANT: Tenant = Tenant::of_pages(201).slow(Duration::from_millis(100));

const ROUNDS: usize = 3;

pub(crate) fn measure() -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Release)?;
    let program = contestants::build()?;
    let component = contestants::contestant("component", &program, "component");
    let server = PageServer::start(TENANT)?;
    let (mut read, mut stored) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        read.push(component.run(&server)?.wall);
        stored.push(sync(&programs, &plugin, &server)?);
    }
    let waiting = TENANT.latency().as_secs_f64();
    println!("\n## Latency\n");
    println!(
        "{} pages, each answered after 100 ms: {waiting:.1} s in all. Time from start to end of \
         the process,\nmedian of {ROUNDS} rounds: the component {:.2} s, `ones-host sync users` \
         {:.2} s.",
        TENANT.pages(),
        median(&read),
        median(&stored)
    );
    let ratio = |times: &[f64]| Some(median(times) / waiting);
    goals::print(&[
        Goal::at_most("component / latency", 1.03, ratio(&read)),
        Goal::at_most("`ones-host sync users` / latency", 1.05, ratio(&stored)),
    ]);
    Ok(())
}

/// Returns the seconds that a first sync into an empty folder takes.
fn sync(programs: &Programs, plugin: &Path, server: &PageServer) -> Result<f64> {
    let host = Host::connect(programs, plugin, &server.access())?;
    Ok(measured::run(&mut host.command(&["sync", "users"]), &[0])?.wall)
}
