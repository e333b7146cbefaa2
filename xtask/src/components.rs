//! The plugin behind HTTP routes, as one component.

use std::path::Path;

use wac_graph::{CompositionGraph, EncodeOptions, plug, types::Package};

use crate::{
    Result,
    artefact::{self, SERVE, SPIN},
    cargo,
};

/// Builds the plugin, and the front for Spin and for other hosts, alone and with the plugin in it.
pub(crate) fn all() -> Result {
    let plugin = cargo::component()?;
    let front = artefact::read(&cargo::wasm("ones-spin")?)?;
    // `spin.toml` names it: Spin puts the plugin in by itself.
    artefact::write("spin/front.wasm", &SPIN, &front)?;
    artefact::write("ones_office365_spin.wasm", &SPIN, &compose(&front, &plugin)?)?;
    let front = artefact::read(&cargo::wasm("ones-serve")?)?;
    artefact::write("ones_office365_serve.wasm", &SERVE, &compose(&front, &plugin)?)?;
    Ok(())
}

/// What the front imports of the plugin comes from the plugin; all else stays imported.
fn compose(front: &[u8], plugin: &Path) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let mut register = |name: &str, wasm: Vec<u8>| {
        let package = Package::from_bytes(name, None, wasm, graph.types_mut());
        let package = package.map_err(|it| format!("{name}: {it:#}"))?;
        graph.register_package(package).map_err(|it| format!("{name}: {it}"))
    };
    let front = register("ones:front", front.to_vec())?;
    let plugin = register("ones:plugin", artefact::read(plugin)?)?;
    plug(&mut graph, vec![plugin], front).map_err(|it| format!("the plugin does not fit: {it}"))?;
    graph.encode(EncodeOptions::default()).map_err(|it| format!("cannot compose: {it}"))
}
