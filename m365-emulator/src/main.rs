//! `m365-emulator`: a Microsoft 365 tenant on this machine.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use m365_emulator::{Cloud, Config, Emulator, StartError};
use serde_json::json;

/// Entra ID and Microsoft Graph for one invented tenant, in memory.
///
/// The first line on stdout is JSON: authority, graph, tenantId, clientId, clientSecret. What can be done to
/// the tenant is listed under /_emulator/ of the same origin.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8365")]
    listen: SocketAddr,
    /// Ordinary people, guests and disabled accounts included; mailboxes come on top
    #[arg(long, value_name = "N", default_value_t = 100)]
    users: usize,
    /// Rooms, each with its mailbox
    #[arg(long, value_name = "N", default_value_t = 25)]
    rooms: usize,
    /// Workspaces, each with its mailbox
    #[arg(long, value_name = "N", default_value_t = 0)]
    workspaces: usize,
    /// Groups
    #[arg(long, value_name = "N", default_value_t = 20)]
    groups: usize,
    /// Memberships of the groups, instead of everybody in one and some ten in each other
    #[arg(long, value_name = "N")]
    memberships: Option<usize>,
    /// What the tenant is drawn from: the same seed, the same tenant
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// global, us-government-l4, us-government-l5 or china-21vianet
    #[arg(long, value_name = "NAME", default_value_t = Cloud::Global)]
    cloud: Cloud,
    /// Graph does not know Places, as in a national cloud without it
    #[arg(long)]
    without_places: bool,
    /// Places has no room lists
    #[arg(long)]
    without_room_lists: bool,
    /// GUID of the tenant, instead of one drawn from the seed
    #[arg(long, value_name = "ID")]
    tenant_id: Option<String>,
    /// GUID of the application, instead of one drawn from the seed
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Its client secret, instead of one drawn from the seed
    #[arg(long, value_name = "S")]
    client_secret: Option<String>,
    /// PEM file with a certificate that the application can prove itself with beside the secret; can be repeated
    #[arg(long = "client-certificate", value_name = "FILE")]
    client_certificates: Vec<PathBuf>,
    /// Where people may be sent back to after signing in, letter by letter; can be repeated. Without any, every
    /// http address of the loopback is taken
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Serve https, and write the certificate (PEM) of the CA made for this run here
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
    let told_to_end = match told_to_end() {
        Ok(told_to_end) => told_to_end,
        Err(error) => {
            eprintln!("m365-emulator: cannot listen for signals: {error}");
            return ExitCode::FAILURE;
        }
    };
    let whereabouts = json!({
        "authority": emulator.authority(),
        "graph": emulator.graph(),
        "tenantId": emulator.tenant_id(),
        "clientId": emulator.client_id(),
        "clientSecret": emulator.client_secret(),
    });
    let mut stdout = std::io::stdout();
    if writeln!(stdout, "{whereabouts}").and_then(|()| stdout.flush()).is_err() {
        // Whoever started it does not listen, and could not reach it.
        return ExitCode::FAILURE;
    }
    told_to_end.await;
    ExitCode::SUCCESS
}

/// Waits for Ctrl-C or SIGTERM. It listens from the moment it is made: whoever reads the first line may end the
/// program right after it.
#[cfg(unix)]
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
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

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
