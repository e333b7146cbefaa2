use std::{path::PathBuf, time::Duration};

use ones_host::{
    Error,
    plugin::{Client, LARGEST_PLUGIN, Limits, Plugin},
};
use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

fn load(bytes: &[u8]) -> Result<Plugin, Box<ones_host::Problem>> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("plugin.wasm");
    std::fs::write(&file, bytes).unwrap();
    load_file(file)
}

fn load_file(file: PathBuf) -> Result<Plugin, Box<ones_host::Problem>> {
    let limits = Limits { time: Duration::from_millis(200), ..Limits::default() };
    let client = Client::trusting(rustls::RootCertStore::empty()).unwrap();
    Plugin::load(&file, limits, client).map_err(|it| Box::new(Error::from(it).problem()))
}

#[track_caller]
fn check(wat: &str, code: &str, says: &str) {
    let problem = load(&wat::parse_str(wat).unwrap()).err().unwrap();
    assert_eq!(problem.code, code, "{problem:?}");
    let text = format!("{} {}", problem.summary, problem.detail.unwrap_or_default());
    assert!(text.contains(says), "{text}");
}

#[test]
fn what_is_no_component_is_refused_by_what_it_is() {
    assert_eq!(load(b"#!/bin/sh\nexit 0\n").err().unwrap().code, "plugin-not-webassembly");
    assert_eq!(load(b"").err().unwrap().code, "plugin-not-webassembly");
    check("(module)", "plugin-not-a-component", "core module");
    let mut broken = wat::parse_str("(component)").unwrap();
    broken.extend([0xff; 9]);
    assert_eq!(load(&broken).err().unwrap().code, "plugin-invalid");
}

#[test]
fn a_missing_file_is_named() {
    let problem = load_file(PathBuf::from("nowhere/plugin.wasm")).err().unwrap();
    assert_eq!(problem.code, "plugin-unreadable");
    assert!(problem.summary.contains("nowhere/plugin.wasm"));
}

#[test]
fn a_file_that_is_too_large_is_not_compiled() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(LARGEST_PLUGIN + 1).unwrap();
    assert_eq!(load_file(file.path().to_owned()).err().unwrap().code, "plugin-too-large");
}

#[test]
fn a_component_of_another_world_is_recognized_by_its_exports() {
    check("(component)", "plugin-other-world", "but nothing");
    check(
        r#"(component (instance $i) (export "wasi:cli/run@0.2.0" (instance $i)))"#,
        "plugin-other-world",
        "does not export ones:integration/integration@0.1.0, but wasi:cli/run@0.2.0",
    );
}

#[test]
fn a_component_of_another_version_is_recognized() {
    check(
        r#"(component (instance $i) (export "ones:integration/integration@0.7.0" (instance $i)))"#,
        "plugin-other-version",
        "but ones:integration/integration@0.7.0",
    );
}

#[test]
fn a_component_with_the_name_but_not_the_functions_is_refused() {
    check(
        r#"(component (instance $i) (export "ones:integration/integration@0.1.0" (instance $i)))"#,
        "plugin-other-shape",
        "describe",
    );
}

#[test]
fn a_component_that_wants_what_is_not_lent_is_refused() {
    check(
        r#"(component (import "vendor:secrets/vault@1.0.0" (instance (export "read" (func))))
             (instance $i) (export "ones:integration/integration@0.1.0" (instance $i)))"#,
        "plugin-import",
        "vendor:secrets/vault@1.0.0",
    );
}

/// A component of the right world whose every function traps.
fn trapping() -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit")).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    let abi = ManglingAndAbi::Legacy(LiftLowerAbi::AsyncCallback);
    let mut module = dummy_module(&resolve, world, abi);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

#[tokio::test]
async fn a_crash_is_reported_with_the_name_of_the_plugin() {
    let plugin = load(&trapping()).unwrap();
    let problem = Error::from(plugin.describe().await.unwrap_err()).problem();
    assert_eq!(problem.code, "plugin-trapped", "{problem:?}");
    assert!(problem.summary.contains("plugin.wasm"), "{problem:?}");
    assert!(problem.detail.unwrap().contains("unreachable"));
}
