//! The commands of this repository: `cargo xtask build`, `test`, `check`, `demo`, `serve`, `bench`.

mod bench;
mod browser;
mod cargo;
mod check;
mod components;
mod demo;
mod metadata;
mod programs;
mod serve;
mod spin;
mod tenant;
mod test;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An error is a text for the terminal.
type Result<T = ()> = std::result::Result<T, String>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, tests, checks, shows and measures the plugin")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the components into target/, alone and behind HTTP routes
    Build,
    /// Build everything and run all tests
    Test {
        /// Run only the tests whose name contains this text
        filter: Option<String>,
    },
    /// Check format, line width, lints, documentation and features of dependencies
    Check,
    /// Sync an emulated tenant of 10,000 users and 250 rooms, change it, and sync it again
    Demo,
    /// Serve the host's pages, with an emulated tenant of 1,000 users to connect
    Serve,
    /// Measure requests, memory and time of syncs; compiles an optimized build first
    Bench,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build => components::all(),
        Command::Test { filter } => test::run(filter.as_deref()),
        Command::Check => check::run(),
        Command::Demo => demo::run(),
        Command::Serve => serve::run(),
        Command::Bench => bench::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
