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

/// Pages of each tenant, and how often it is synced into an empty folder in one round: a short sync
/// is measured more often. Without users, a sync costs what any other costs beforehand.
const TENANTS: [(u32, usize); 4] = [(0, 3), (10, 3), (100, 1), (1001, 1)];

/// Each round syncs all tenants: a slower minute of the machine then changes all of them.
const ROUNDS: usize = 3;

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
    let mut tenants = Vec::new();
    for (pages, _) in TENANTS {
        tenants.push(Measured::new(PageServer::start(Tenant::of_pages(pages))?));
    }
    for _ in 0..ROUNDS {
        for (tenant, (_, times)) in tenants.iter_mut().zip(TENANTS) {
            for _ in 0..times {
                tenant.sync_all(&programs, &plugin)?;
            }
        }
    }
    for _ in 0..ROUNDS {
        for tenant in &mut tenants {
            tenant.sync_changes()?;
        }
    }
    let costs: Vec<_> = tenants.iter().map(Measured::cost).collect();
    for (index, cost) in costs.iter().enumerate() {
        // Of the first tenant, which has no users, there is none.
        let none = costs.first().filter(|_| index > 0);
        let a_user = none.map(|none| format!("{:.1}", cost.of_a_user(none) * 1e6));
        println!(
            "| {} | {:.2} | {} | {:.3} | {:.1} | {:.0} |",
            cost.users,
            cost.first,
            a_user.unwrap_or_default(),
            cost.changes,
            mib(cost.component),
            mib(cost.host)
        );
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

/// A tenant, and what was measured of it so far.
struct Measured {
    server: PageServer,
    /// The host that synced it last.
    host: Option<Host>,
    /// Processor time of each first sync, in seconds.
    first: Vec<f64>,
    /// Processor time of each sync of changes, in seconds.
    changes: Vec<f64>,
    /// Largest memory of the component, in bytes.
    component: u64,
    /// Largest resident memory of the host, in bytes.
    memory: u64,
}

impl Measured {
    fn new(server: PageServer) -> Self {
        let (first, changes) = (Vec::new(), Vec::new());
        Self { server, host: None, first, changes, component: 0, memory: 0 }
    }

    /// Syncs the tenant into an empty folder.
    fn sync_all(&mut self, programs: &Programs, plugin: &Path) -> Result {
        self.host = None;
        let host = Host::connect(programs, plugin, &self.server.access())?;
        host.compile_plugin()?;
        let used = sync(&host)?;
        self.first.push(used.processor);
        self.memory = self.memory.max(used.memory);
        self.component = self.component.max(peak_memory_of_component(&host)?);
        self.host = Some(host);
        Ok(())
    }

    fn sync_changes(&mut self) -> Result {
        let host = self.host.as_ref().ok_or("nothing was synced")?;
        self.server.change();
        self.changes.push(sync(host)?.processor);
        Ok(())
    }

    fn cost(&self) -> Cost {
        Cost {
            users: self.server.users(),
            first: median(&self.first),
            changes: median(&self.changes),
            component: self.component,
            host: self.memory,
        }
    }
}

fn sync(host: &Host) -> Result<Usage> {
    measured::run(&mut host.command(&["sync", "users"]), &[0])
}

fn peak_memory_of_component(host: &Host) -> Result<u64> {
    let runs = host.runs()?;
    Ok(runs.iter().filter_map(|run| run["peakMemory"].as_u64()).max().unwrap_or_default())
}
