//! The components that are built into `target`: the plugin, alone and behind HTTP routes, and the
//! first plugin of docs/writing-a-plugin.md.

use std::{
    fs,
    path::{Path, PathBuf},
};

use wac_graph::{CompositionGraph, EncodeOptions, plug, types::Package};

use crate::{
    Result, cargo,
    metadata::{self, Metadata},
    wasm,
};

/// Builds the plugin, and returns the path of its file.
pub(crate) fn plugin() -> Result<PathBuf> {
    write("ones_office365.wasm", &metadata::PLUGIN, &wasm::build(wasm::PLUGIN)?)
}

/// Builds the plugin, the HTTP front end with the plugin in it, for Spin and for other hosts, and
/// the first plugin.
pub(crate) fn all() -> Result {
    let plugin = plugin()?;
    let plugin = fs::read(&plugin).map_err(|error| format!("{}: {error}", plugin.display()))?;
    let front = wasm::build(wasm::SPIN)?;
    // `spin.toml` names this file: Spin composes it with the plugin by itself.
    write("spin/front.wasm", &metadata::SPIN, &front)?;
    write("ones_office365_spin.wasm", &metadata::SPIN, &compose(front, plugin.clone())?)?;
    let front = wasm::build(wasm::SERVE)?;
    write("ones_office365_serve.wasm", &metadata::SERVE, &compose(front, plugin)?)?;
    // In a folder of its own: `ones-host` looks for its plugin in `target`.
    write("example/ones_example.wasm", &metadata::EXAMPLE, &wasm::build(wasm::EXAMPLE)?)?;
    Ok(())
}

/// Gives the front end the plugin that it imports; all its other imports stay.
fn compose(front: Vec<u8>, plugin: Vec<u8>) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let mut register = |name: &str, component: Vec<u8>| {
        let package = Package::from_bytes(name, None, component, graph.types_mut());
        let package = package.map_err(|error| format!("{name}: {error:#}"))?;
        graph.register_package(package).map_err(|error| format!("{name}: {error}"))
    };
    let front = register("ones:front", front)?;
    let plugin = register("ones:plugin", plugin)?;
    plug(&mut graph, vec![plugin], front)
        .map_err(|error| format!("the front end cannot import the plugin: {error}"))?;
    let options = EncodeOptions::default();
    graph.encode(options).map_err(|error| format!("cannot compose the front end: {error}"))
}

/// Writes a component into `target`, prints its path and size, and returns its path.
fn write(file: &str, metadata: &Metadata, component: &[u8]) -> Result<PathBuf> {
    let component = metadata.add_to(component).map_err(|error| format!("{file}: {error}"))?;
    let path = cargo::root().join("target").join(file);
    create_folder_of(&path)?;
    // Renamed into place: a host that reads the file at the same time gets a complete component.
    let new = path.with_extension("new");
    fs::write(&new, &component)
        .and_then(|()| fs::rename(&new, &path))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    println!("target/{file}  {} bytes", component.len());
    Ok(path)
}

fn create_folder_of(file: &Path) -> Result {
    let folder = file.parent().ok_or("the workspace has no folder")?;
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}
