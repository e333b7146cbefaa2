//! What the composed components are, seen from outside.

use std::{collections::BTreeSet, fs};

use wasm_metadata::{Metadata, Payload};
use wasmtime::{Engine, component::Component};

use crate::runtime::built;

/// What the plugin imports: `tests/all/component.rs` of the workspace pins it one by one.
const PLUGIN: [&str; 23] = [
    "ones:integration/types@0.1.0",
    "wasi:cli/environment@0.2.6",
    "wasi:cli/exit@0.2.6",
    "wasi:cli/stderr@0.2.6",
    "wasi:cli/stdin@0.2.6",
    "wasi:cli/stdout@0.2.6",
    "wasi:cli/terminal-input@0.2.6",
    "wasi:cli/terminal-output@0.2.6",
    "wasi:cli/terminal-stderr@0.2.6",
    "wasi:cli/terminal-stdin@0.2.6",
    "wasi:cli/terminal-stdout@0.2.6",
    "wasi:clocks/monotonic-clock@0.2.6",
    "wasi:clocks/monotonic-clock@0.3.0",
    "wasi:clocks/system-clock@0.3.0",
    "wasi:clocks/types@0.3.0",
    "wasi:clocks/wall-clock@0.2.6",
    "wasi:http/client@0.3.0",
    "wasi:http/types@0.3.0",
    "wasi:io/error@0.2.6",
    "wasi:io/poll@0.2.6",
    "wasi:io/streams@0.2.6",
    "wasi:random/insecure-seed@0.2.6",
    "wasi:random/random@0.3.0",
];

fn imports_beyond_the_plugin(name: &str) -> Vec<String> {
    let engine = Engine::default();
    let component = Component::from_file(&engine, built(name)).unwrap();
    let kind = component.component_type();
    let exports: Vec<_> = kind.exports(&engine).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(exports, ["wasi:http/handler@0.3.0"]);
    let imports: BTreeSet<_> = kind.imports(&engine).map(|(name, _)| name.to_owned()).collect();
    imports.into_iter().filter(|it| !PLUGIN.contains(&it.as_str())).collect()
}

#[test]
fn under_spin_the_front_adds_variables_and_a_store() {
    let added = imports_beyond_the_plugin("ones_office365_spin.wasm");
    assert_eq!(added, ["spin:key-value/key-value@3.0.0", "spin:variables/variables@3.0.0"]);
}

#[test]
fn elsewhere_the_front_adds_nothing() {
    assert_eq!(imports_beyond_the_plugin("ones_office365_serve.wasm"), [""; 0]);
}

#[test]
fn the_components_say_what_they_are() {
    for name in ["ones_office365.wasm", "ones_office365_spin.wasm", "ones_office365_serve.wasm"] {
        let component = Payload::from_binary(&fs::read(built(name)).unwrap()).unwrap();
        let Metadata { name: called, description, licenses, version, .. } = component.metadata();
        assert!(called.as_deref().unwrap().starts_with("ones-office365"));
        assert!(description.as_ref().unwrap().to_string().starts_with("Connects ONES"));
        assert_eq!(licenses.as_ref().unwrap().to_string(), "Apache-2.0");
        assert_eq!(version.as_ref().unwrap().to_string(), env!("CARGO_PKG_VERSION"));
    }
}
