//! The program `m365-emulator`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::session::{client, send};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_m365-emulator"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the program, and returns its first line.
fn start(arguments: &[&str]) -> (Running, Value) {
    let mut child = command(arguments).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let running = Running(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    (running, serde_json::from_str(&line).unwrap())
}

#[tokio::test]
async fn its_first_line_has_the_address_that_it_serves() {
    let tenant = "aaaaaaaa-0000-4000-8000-000000000001";
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--users",
        "7",
        "--memberships",
        "20",
        "--tenant-id",
        tenant,
        "--client-secret",
        "S3cret",
    ];
    let (_running, first_line) = start(&arguments);
    assert_eq!(first_line["tenantId"], tenant);
    assert_eq!(first_line["clientSecret"], "S3cret");
    assert_eq!(first_line["authority"], first_line["graph"]);
    let url = format!("{}/_emulator/truth", first_line["graph"].as_str().unwrap());
    let truth = send(client().get(url)).await.expect(200);
    assert_eq!((&truth["users"], &truth["memberships"]), (&(7 + 25 + 1).into(), &20.into()));
}

#[tokio::test]
async fn it_serves_https_with_its_own_ca() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let (_running, first_line) = start(&["--listen", "127.0.0.1:0", "--tls", ca.to_str().unwrap()]);
    let origin = first_line["graph"].as_str().unwrap();
    assert!(origin.starts_with("https://localhost:"), "{origin}");
    let url = format!("{origin}/_emulator/truth");
    // A client that does not know the CA refuses the certificate.
    let refused = client().get(&url).send().await;
    assert!(refused.is_err());
    let ca = reqwest::Certificate::from_pem(&std::fs::read(&ca).unwrap()).unwrap();
    let trusting = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    send(trusting.get(&url)).await.expect(200);
    send(trusting.get(url.replace("localhost", "127.0.0.1"))).await.expect(200);
}

#[tokio::test]
async fn it_reads_certificates_from_files() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/client-certificate.pem");
    let (_running, first_line) = start(&["--listen", "127.0.0.1:0", "--client-certificate", file]);
    let url = format!("{}/_emulator/certificates", first_line["graph"].as_str().unwrap());
    let listed = send(client().get(url)).await.expect(200);
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);
    let missing = command(&["--listen", "127.0.0.1:0", "--client-certificate", "nowhere.pem"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cannot read nowhere.pem"));
}

#[cfg(unix)]
#[test]
fn it_ends_on_a_signal() {
    let (mut running, _) = start(&["--listen", "127.0.0.1:0"]);
    let kill = Command::new("kill").arg(running.0.id().to_string()).status().unwrap();
    assert!(kill.success());
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["--cloud", "mars"][..],
        &["--users", "many"],
        &["--listen", "nowhere"],
        &["--tenant-id", "contoso"],
        &["--client-secret", ""],
        &["--redirect-uri", "/signed-in"],
        &["--client-certificate", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")],
        &["--surprise"],
    ] {
        let output = command(&["--listen", "127.0.0.1:0"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
        assert!(output.stdout.is_empty());
    }
}
