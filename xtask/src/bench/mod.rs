//! Measures what the plugin and the host cost, beside other clients of Microsoft Graph where that
//! says more than a figure alone.
//!
//! Machines differ, and so do the moments of one machine. What is compared is therefore processor
//! time, in rounds that alternate within one run, by medians, and the goals are ratios of those.

mod bookings;
mod calls;
mod contestants;
mod goals;
mod growth;
mod latency;
mod machine;
mod measured;
mod notifications;
mod page_server;
mod pages;
mod peers;
mod plot;
mod profile;
mod storing;
mod syncs;

use std::path::PathBuf;

use clap::ValueEnum;

use crate::Result;
use plot::Plots;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Parts to measure; all of them where none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Folder to write bar charts into
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Part {
    /// Reading 200,799 users, beside other clients
    Peers,
    /// Time of a sync from a server that takes 100 ms for each page
    Latency,
    /// Storing, beside a bulk insert of the same rows
    Storing,
    /// Processor time and memory of the host with 10,000 and with 1,000,000 users
    Growth,
    /// Requests, memory and time of the host with an emulated tenant
    Syncs,
    /// Bookings of 1,000 rooms with 1,000 events each: requests, memory, the page of a day
    Bookings,
    /// Notifications: time until a change is in ONES, and time until one is answered
    Notifications,
    /// Single calls: an instance, a callback, `validate`
    Calls,
    /// Where the processor time goes; needs `perf`
    Profile,
}

/// Measures the parts in their order.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let parts = match &arguments.parts[..] {
        [] => Part::value_variants(),
        parts => parts,
    };
    let plots = Plots(arguments.plots.clone());
    machine::print()?;
    for part in parts {
        match part {
            Part::Peers => contestants::compare(&plots)?,
            Part::Latency => latency::measure()?,
            Part::Storing => storing::measure()?,
            Part::Growth => growth::measure(&plots)?,
            Part::Syncs => syncs::measure()?,
            Part::Bookings => bookings::measure()?,
            Part::Notifications => notifications::measure()?,
            Part::Calls => calls::measure()?,
            Part::Profile => profile::measure()?,
        }
    }
    Ok(())
}
