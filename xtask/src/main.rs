//! What a person types in this repository: `cargo xtask build`, `test`, `demo`, `serve`, `bench`.

mod artefact;
mod bench;
mod browser;
mod cargo;
mod compose;
mod demo;
mod serve;
mod spin;
mod tenant;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

type Result<T = ()> = std::result::Result<T, String>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, tests, shows and measures the plugin")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the components: target/ones_office365.wasm, alone and behind HTTP routes
    Build,
    /// Builds everything and runs all tests
    Test {
        /// Only tests whose name contains this
        filter: Option<String>,
    },
    /// Starts an emulated tenant of 10,000 people and 250 rooms, and syncs it
    Demo,
    /// Starts an emulated tenant of 1,000 people, and the host's pages for a browser
    Serve,
    /// Measures requests, memory, size and speed; optimized, so it builds for a while
    Bench,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build => compose::all(),
        Command::Test { filter } => cargo::test(filter.as_deref()),
        Command::Demo => demo::run(),
        Command::Serve => serve::run(),
        Command::Bench => bench::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}
