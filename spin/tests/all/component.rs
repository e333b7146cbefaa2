//! Imports, exports and metadata of the composed components.

use std::{collections::BTreeSet, fs};

use wasm_metadata::{Metadata, Payload};
use wasmtime::{Engine, component::Component};

use crate::runtime::built;

/// Imports of the plugin, which `tests/all/component.rs` of the workspace checks.
const PLUGIN_IMPORTS: [&str; 23] = [
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

/// Lists the imports of a component that the plugin does not have.
fn additional_imports(name: &str) -> Vec<String> {
    let engine = Engine::default();
    let component = Component::from_file(&engine, built(name)).unwrap();
    let kind = component.component_type();
    let exports: Vec<_> = kind.exports(&engine).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(exports, ["wasi:http/handler@0.3.0"]);
    let imports: BTreeSet<_> = kind.imports(&engine).map(|(name, _)| name.to_owned()).collect();
    imports.into_iter().filter(|import| !PLUGIN_IMPORTS.contains(&import.as_str())).collect()
}

#[test]
fn for_spin_the_front_end_adds_variables_and_a_store() {
    let imports = additional_imports("ones_office365_spin.wasm");
    assert_eq!(imports, ["spin:key-value/key-value@3.0.0", "spin:variables/variables@3.0.0"]);
}

#[test]
fn for_other_hosts_the_front_end_adds_no_import() {
    assert_eq!(additional_imports("ones_office365_serve.wasm"), [""; 0]);
}

#[test]
fn the_components_have_metadata() {
    for file in ["ones_office365.wasm", "ones_office365_spin.wasm", "ones_office365_serve.wasm"] {
        let component = Payload::from_binary(&fs::read(built(file)).unwrap()).unwrap();
        let Metadata { name, description, licenses, version, .. } = component.metadata();
        assert!(name.as_deref().unwrap().starts_with("ones-office365"));
        assert!(description.as_ref().unwrap().to_string().starts_with("Connects ONES"));
        assert_eq!(licenses.as_ref().unwrap().to_string(), "Apache-2.0");
        assert_eq!(version.as_ref().unwrap().to_string(), env!("CARGO_PKG_VERSION"));
    }
}
