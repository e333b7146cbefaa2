//! Measures what the plugin and the host cost, beside other clients of Microsoft Graph where that
//! says more than a figure alone.
//!
//! Machines differ, and so do the moments of one machine. What is compared is therefore processor
//! time, in rounds that alternate within one run, by medians, and the goals are ratios of those.

mod calls;
mod contestants;
mod goals;
mod growth;
mod latency;
mod measured;
mod page_server;
mod peers;
mod storing;
mod syncs;

use clap::ValueEnum;

use crate::Result;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Parts to measure; all of them where none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
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
    /// A fresh instance, and a callback
    Calls,
}

/// Measures the parts in their order.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let parts = match &arguments.parts[..] {
        [] => Part::value_variants(),
        parts => parts,
    };
    for part in parts {
        match part {
            Part::Peers => contestants::compare()?,
            Part::Latency => latency::measure()?,
            Part::Storing => storing::measure()?,
            Part::Growth => growth::measure()?,
            Part::Syncs => syncs::measure()?,
            Part::Calls => calls::measure()?,
        }
    }
    Ok(())
}
