//! Imports and description of the component.

use std::collections::BTreeSet;

use end_to_end::{Scene, component};
use serde_json::json;
use wasmtime::{Config, Engine, component::Component};

#[test]
fn the_component_imports_what_it_needs_and_nothing_else() {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config).expect("an engine");
    let component = Component::from_file(&engine, component()).expect("a component");
    let kind = component.component_type();
    let imports: BTreeSet<_> = kind.imports(&engine).map(|(name, _)| name.to_owned()).collect();
    let expected = [
        // The types of the plugin's own interface: no function, so a host need not supply it.
        "ones:integration/types@0.1.0",
        // What the world names, and the types these name in turn.
        "wasi:clocks/monotonic-clock@0.3.0",
        "wasi:clocks/system-clock@0.3.0",
        "wasi:clocks/types@0.3.0",
        "wasi:http/client@0.3.0",
        "wasi:http/types@0.3.0",
        "wasi:random/random@0.3.0",
        // What Rust's std brings for panics and the like.
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
        "wasi:io/error@0.2.6",
        "wasi:io/poll@0.2.6",
        "wasi:io/streams@0.2.6",
        // … and for its hash maps and clocks, which the verification of tokens links but the
        // plugin does not go by.
        "wasi:clocks/monotonic-clock@0.2.6",
        "wasi:clocks/wall-clock@0.2.6",
        "wasi:random/insecure-seed@0.2.6",
    ];
    assert_eq!(imports, expected.map(str::to_owned).into());
    let exports: Vec<_> = kind.exports(&engine).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(exports, ["ones:integration/integration@0.1.0"]);
}

#[test]
fn the_plugin_describes_itself() {
    let scene = Scene::new(1, 1);
    let described = scene.host(&["describe"]).ends_with(0).json();
    assert_eq!(described["name"], "Office 365");
    let permissions: Vec<_> = described["permissions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["name"].as_str().expect("a name"))
        .collect();
    let expected = ["Calendars.ReadWrite", "Group.Read.All", "Place.Read.All", "User.Read.All"];
    assert_eq!(permissions, expected);
    let steps = &described["settingsSchema"]["properties"];
    assert_eq!(steps["server"]["properties"]["clientSecret"]["writeOnly"], json!(true));
    assert!(steps["rooms"].is_object() && steps["users"].is_object());
    assert_eq!(scene.requests().len(), 0, "no request");
}
