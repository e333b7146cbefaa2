//! How the cost of the host grows with the number of users.

use std::path::Path;

use super::{
    goals::{self, Goal},
    measured::{self, Usage, median, mib},
    page_server::{CHANGES, PageServer, Tenant},
    plot::{Bar, Plots},
};
use crate::{
    Result, components,
    host::Host,
    programs::{Profile, Programs},
};

/// Pages of each tenant, and how often it is synced into an empty folder: a short sync is measured
/// more often. Without users, a sync costs what any other costs beforehand.
const TENANTS: [(u32, usize); 4] = [(0, 5), (10, 5), (100, 1), (1001, 1)];

/// How often changes are synced.
const SYNCS: usize = 3;

/// What one tenant cost.
struct Cost {
    users: u64,
    /// Processor time of the first sync, in seconds.
    first: f64,
    /// Processor time of a sync of changes, in seconds.
    changes: f64,
    /// Largest memory of the component in the first sync, in bytes.
    component: u64,
    /// Largest resident memory of the host in the first sync, in bytes.
    host: u64,
}

pub(crate) fn measure(plots: &Plots) -> Result {
    let plugin = components::plugin()?;
    let programs = Programs::build(Profile::Release)?;
    println!("\n## Growth\n");
    println!(
        "`ones-host sync users` from a static server: first into an empty folder, then {CHANGES} \
         changes.\nProcessor time is a median.\n"
    );
    println!(
        "| users | first sync, CPU s | µs a user | changes, CPU s | component MiB | host MiB |"
    );
    println!("|---|---|---|---|---|---|");
    let mut costs = Vec::<Cost>::new();
    for (pages, times) in TENANTS {
        let cost = cost(&programs, &plugin, pages, times)?;
        // Of the first tenant, which has no users, there is none.
        let a_user = costs.first().map(|none| format!("{:.1}", cost.of_a_user(none) * 1e6));
        println!(
            "| {} | {:.2} | {} | {:.3} | {:.1} | {:.0} |",
            cost.users,
            cost.first,
            a_user.unwrap_or_default(),
            cost.changes,
            mib(cost.component),
            mib(cost.host)
        );
        costs.push(cost);
    }
    let [none, some @ ..] = &costs[..] else { return Ok(()) };
    if let [few, .., many] = some {
        print_goals(none, few, many);
    }
    let bars = some.iter().map(|cost| Bar {
        name: format!("{} users", cost.users),
        value: cost.of_a_user(none) * 1e6,
    });
    let title = "First sync, less a sync without users: processor time of a user";
    plots.write("benchmark-growth.svg", title, "µs", &bars.collect::<Vec<_>>())
}

impl Cost {
    /// Returns the processor time of the first sync for each user, less that of a sync without
    /// users. In seconds.
    #[expect(clippy::cast_precision_loss, reason = "a few digits are what is shown")]
    fn of_a_user(&self, none: &Self) -> f64 {
        (self.first - none.first) / self.users as f64
    }
}

fn print_goals(none: &Cost, few: &Cost, many: &Cost) {
    #[expect(clippy::cast_precision_loss, reason = "two digits of a ratio are what is shown")]
    let ratio = |many: u64, few: u64| Some(many as f64 / few as f64);
    let users = many.of_a_user(none) / few.of_a_user(none);
    goals::print(&[
        Goal::at_most(
            "a user of 1,000,000 / of 10,000, less a sync without users",
            1.3,
            Some(users),
        ),
        Goal::at_most("changes in 1,000,000 / in 10,000", 1.5, Some(many.changes / few.changes)),
        Goal::at_most(
            "component's memory, 1,000,000 / 10,000",
            1.02,
            ratio(many.component, few.component),
        ),
        Goal::at_most("host's memory, 1,000,000 / 10,000", 1.09, ratio(many.host, few.host)),
    ]);
}

fn cost(programs: &Programs, plugin: &Path, pages: u32, times: usize) -> Result<Cost> {
    let server = PageServer::start(Tenant::of_pages(pages))?;
    let mut first = Vec::new();
    let mut hosts = Vec::new();
    let (mut component, mut memory) = (0, 0);
    for _ in 0..times {
        let host = Host::connect(programs, plugin, &server.access())?;
        host.compile_plugin()?;
        let used = sync(&host)?;
        first.push(used.processor);
        memory = memory.max(used.memory);
        component = component.max(peak_memory_of_component(&host)?);
        hosts.push(host);
    }
    let mut changes = Vec::new();
    let host = hosts.last().ok_or("nothing was synced")?;
    for _ in 0..SYNCS {
        server.change();
        changes.push(sync(host)?.processor);
    }
    let (first, changes) = (median(&first), median(&changes));
    Ok(Cost { users: server.users(), first, changes, component, host: memory })
}

fn sync(host: &Host) -> Result<Usage> {
    measured::run(&mut host.command(&["sync", "users"]), &[0])
}

fn peak_memory_of_component(host: &Host) -> Result<u64> {
    let runs = host.runs()?;
    Ok(runs.iter().filter_map(|run| run["peakMemory"].as_u64()).max().unwrap_or_default())
}
