//! The program `m365-emulator`: an emulated Microsoft 365 tenant on this machine.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use m365_emulator::{Cloud, Config, Emulator, StartError};
use serde_json::json;

/// Entra ID and Microsoft Graph for one invented tenant, in memory.
///
/// The first line on stdout is JSON: authority, graph, tenantId, clientId, clientSecret. The path
/// /_emulator/ of the same origin lists the requests that change the tenant.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8365")]
    listen: SocketAddr,
    /// Number of users, including guests and disabled accounts; mailboxes are added to it
    #[arg(long, value_name = "N", default_value_t = 100)]
    users: usize,
    /// Number of rooms, each with a mailbox
    #[arg(long, value_name = "N", default_value_t = 25)]
    rooms: usize,
    /// Number of workspaces, each with a mailbox
    #[arg(long, value_name = "N", default_value_t = 0)]
    workspaces: usize,
    /// Number of groups
    #[arg(long, value_name = "N", default_value_t = 20)]
    groups: usize,
    /// Number of memberships in all groups; by default one group has all users, each other about
    /// ten
    #[arg(long, value_name = "N")]
    memberships: Option<usize>,
    /// Number of events in the calendar of each room, from today to 180 days ahead
    #[arg(long, value_name = "N", default_value_t = 300)]
    events: usize,
    /// Time in the calendars, such as 2027-01-11T08:00:00Z; by default that of the machine
    #[arg(long, value_name = "TIME")]
    now: Option<jiff::Timestamp>,
    /// Seed of the invented tenant; the same seed makes the same tenant
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Cloud of the tenant: global, us-government-l4, us-government-l5 or china-21vianet
    #[arg(long, value_name = "NAME", default_value_t = Cloud::Global)]
    cloud: Cloud,
    /// Serve Graph without Places, as in a national cloud that lacks it
    #[arg(long)]
    without_places: bool,
    /// Serve Places without room lists
    #[arg(long)]
    without_room_lists: bool,
    /// GUID of the tenant; by default drawn from the seed
    #[arg(long, value_name = "ID")]
    tenant_id: Option<String>,
    /// GUID of the application; by default drawn from the seed
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Client secret of the application; by default drawn from the seed
    #[arg(long, value_name = "S")]
    client_secret: Option<String>,
    /// PEM file with a certificate that the application can authenticate with, in addition to the
    /// secret; can be repeated
    #[arg(long = "client-certificate", value_name = "FILE")]
    client_certificates: Vec<PathBuf>,
    /// Redirect URI of the application, compared as it is written; can be repeated. By default
    /// every http address of the loopback interface is accepted
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Serve https with a CA made for this run, and write its certificate (PEM) to this file
    #[arg(long, value_name = "CA.pem")]
    tls: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut client_certificates = Vec::new();
    for path in &arguments.client_certificates {
        match std::fs::read_to_string(path) {
            Ok(pem) => client_certificates.push(pem),
            Err(error) => {
                eprintln!("m365-emulator: cannot read {}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
    }
    let config = Config {
        listen: arguments.listen,
        users: arguments.users,
        rooms: arguments.rooms,
        workspaces: arguments.workspaces,
        groups: arguments.groups,
        memberships: arguments.memberships,
        events: arguments.events,
        now: arguments.now,
        seed: arguments.seed,
        cloud: arguments.cloud,
        tenant_id: arguments.tenant_id,
        client_id: arguments.client_id,
        client_secret: arguments.client_secret,
        client_certificates,
        redirect_uris: arguments.redirect_uris,
        tls: arguments.tls,
        places: !arguments.without_places,
        room_lists: !arguments.without_room_lists,
        ..Config::default()
    };
    let emulator = match Emulator::start(config).await {
        Ok(emulator) => emulator,
        Err(error) => {
            eprintln!("m365-emulator: {error}");
            return match error {
                StartError::NotAGuid { .. }
                | StartError::EmptySecret
                | StartError::ClientCertificate(_)
                | StartError::NotARedirectUri(_) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            };
        }
    };
    let end_signal = match end_signal() {
        Ok(end_signal) => end_signal,
        Err(error) => {
            eprintln!("m365-emulator: cannot listen for signals: {error}");
            return ExitCode::FAILURE;
        }
    };
    let first_line = json!({
        "authority": emulator.authority(),
        "graph": emulator.graph(),
        "tenantId": emulator.tenant_id(),
        "clientId": emulator.client_id(),
        "clientSecret": emulator.client_secret(),
    });
    let mut stdout = std::io::stdout();
    if writeln!(stdout, "{first_line}").and_then(|()| stdout.flush()).is_err() {
        // Without the first line, the caller does not know the address.
        return ExitCode::FAILURE;
    }
    end_signal.await;
    ExitCode::SUCCESS
}

/// Returns a future that waits for Ctrl-C or SIGTERM. Signals count from this call on, because the
/// caller may end the program as soon as it has read the first line.
#[cfg(unix)]
fn end_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns a future that waits for Ctrl-C.
#[cfg(not(unix))]
fn end_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
