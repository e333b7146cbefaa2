//! The component beside other ways to read the same users from the same server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::{
    goals::{self, Goal},
    measured::{self, median},
    page_server::{PageServer, Tenant},
    peers,
    plot::{Bar, Plots},
};
use crate::{Result, cargo, components};

/// 200,799 users.
const TENANT: Tenant = Tenant::of_pages(201);

/// 4,995 users, for the peer that would take half an hour for the others.
const FEW: Tenant = Tenant::of_pages(5);

/// One more goes before, which fills caches and does not count.
const ROUNDS: usize = 5;

const COMPONENT: &str = "**component in the host**";
const CORE: &str = "own core, native";
const TYPED: &str = "native reqwest + serde, typed";
const DRAIN: &str = "draining the bytes";

/// A program that reads all users and prints their number.
pub(crate) struct Contestant {
    pub(crate) name: String,
    /// Program and arguments; the URL of the server follows.
    pub(crate) line: Vec<PathBuf>,
}

/// A contestant, or its name and why it cannot be measured.
pub(crate) type Prepared = std::result::Result<Contestant, (String, String)>;

pub(crate) fn compare(plots: &Plots) -> Result {
    components::plugin()?;
    let program = build()?;
    let own = [(DRAIN, "drain"), (TYPED, "typed"), (CORE, "core"), (COMPONENT, "component")];
    let own = own.map(|(name, way)| contestant(name, &program, way)).map(Ok);
    let all: Vec<Prepared> = own.into_iter().chain(peers::prepare()).collect();
    let server = PageServer::start(TENANT)?;
    let times = rounds(&all, &server)?;
    print_table(&all, &times, &server);
    print_slow(&peers::slow())?;
    let bars = all.iter().flatten().zip(&times);
    let bars: Vec<_> = bars
        .map(|(contestant, times)| Bar {
            name: contestant.name.replace('*', ""),
            value: median(times),
        })
        .collect();
    let title = format!("Reading {} users: processor time", server.users());
    plots.write("benchmark-peers.svg", &title, "s", &bars)?;
    let of = |name: &str| {
        let index = all.iter().flatten().position(|contestant| contestant.name.starts_with(name));
        index.map(|index| median(&times[index]))
    };
    let ratio = |one: &str, other: &str| Some(of(one)? / of(other)?);
    goals::print(&[
        Goal::at_least("graph-rs-sdk / component", 3.0, ratio(peers::RUST, COMPONENT)),
        Goal::at_least("JavaScript client / component", 3.0, ratio(peers::NODE, COMPONENT)),
        Goal::at_least("Python requests / component", 2.0, ratio(peers::PYTHON, COMPONENT)),
        Goal::at_most("component / own core, native", 1.5, ratio(COMPONENT, CORE)),
        Goal::at_most("own core / reqwest + serde", 1.3, ratio(CORE, TYPED)),
    ]);
    Ok(())
}

/// Builds the project's own contestants, which are one program, and returns its path.
pub(crate) fn build() -> Result<PathBuf> {
    let arguments = ["bench", "--no-run", "--quiet", "--package", "end-to-end"];
    let arguments = [&arguments[..], &["--bench", "contestant", "--message-format", "json"]];
    let messages = cargo::output(&arguments.concat())?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_contestant = |message: &Value| message["target"]["name"] == "contestant";
    let mut built = messages.filter(is_contestant);
    let path = built.find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
    path.ok_or_else(|| "cargo built no program called `contestant`".to_owned())
}

/// Returns one of the project's own ways to read users.
pub(crate) fn contestant(name: &str, program: &Path, way: &str) -> Contestant {
    Contestant { name: name.to_owned(), line: vec![program.to_owned(), way.into()] }
}

impl Contestant {
    /// Runs it once. That it read every user is part of being comparable.
    pub(crate) fn run(&self, server: &PageServer) -> Result<measured::Usage> {
        let [program, arguments @ ..] = &self.line[..] else {
            return Err(format!("{}: no program", self.name));
        };
        let mut command = Command::new(program);
        // No proxy may come between, and none of the programs writes files beside its own.
        for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(variable).env_remove(variable.to_lowercase());
        }
        let used = measured::run(command.args(arguments).arg(server.url()), &[0]);
        let used = used.map_err(|error| format!("{}: {error}", self.name))?;
        let read = used.output.lines().last().and_then(|line| line.trim().parse::<u64>().ok());
        match read {
            Some(read) if read == server.users() => Ok(used),
            _ => Err(format!(
                "{} read {} of {} users",
                self.name,
                used.output.trim(),
                server.users()
            )),
        }
    }
}

/// Returns the processor time of each contestant that can be measured, in each round.
fn rounds(all: &[Prepared], server: &PageServer) -> Result<Vec<Vec<f64>>> {
    let contestants: Vec<_> = all.iter().flatten().collect();
    let mut times = vec![Vec::new(); contestants.len()];
    for round in 0..=ROUNDS {
        for (contestant, times) in contestants.iter().zip(&mut times) {
            let used = contestant.run(server)?;
            if round > 0 {
                times.push(used.processor);
            }
        }
    }
    Ok(times)
}

/// Measures the slow peer once, and prints the result as a sentence.
#[expect(clippy::cast_precision_loss, reason = "microseconds of a user are shown")]
fn print_slow(peer: &Prepared) -> Result {
    match peer {
        Ok(peer) => {
            let server = PageServer::start(FEW)?;
            let (users, time) = (server.users(), peer.run(&server)?.processor);
            let of_a_user = time / users as f64 * 1e6;
            println!("\n{}: {time:.1} s for {users} users, {of_a_user:.0} µs a user.", peer.name);
        }
        Err((name, why)) => println!("\n{name}: not measured: {why}."),
    }
    Ok(())
}

fn print_table(all: &[Prepared], times: &[Vec<f64>], server: &PageServer) {
    println!("\n## Compared with peers\n");
    println!(
        "{} users of {} bytes in {} pages from a static server on this machine; nothing is \
         stored.\nProcessor time of each process in seconds: median, smallest and largest of \
         {ROUNDS} rounds that alternate.\n",
        server.users(),
        server.bytes_a_user(),
        TENANT.pages()
    );
    println!("| contestant | CPU s | from – to | CPU of it / component |\n|---|---|---|---|");
    let mut measured = times.iter();
    let component = all.iter().flatten().position(|contestant| contestant.name == COMPONENT);
    let component = component.map_or(f64::NAN, |index| median(&times[index]));
    for contestant in all {
        match contestant {
            Ok(Contestant { name, .. }) => {
                let Some(times) = measured.next() else { continue };
                let (time, low) = (median(times), times.iter().copied().fold(f64::NAN, f64::min));
                let high = times.iter().copied().fold(f64::NAN, f64::max);
                let ratio = time / component;
                println!("| {name} | {time:.3} | {low:.2} – {high:.2} | {ratio:.2} × |");
            }
            Err((name, why)) => println!("| {name} | not measured: {why} | | |"),
        }
    }
}
