//! Compiled plugins, in a folder of the user's cache.
//!
//! Compiling takes seconds, and loading what was compiled before a few milliseconds: the file is
//! not compressed, and its name is found with a quick digest.

use std::{
    fs::{self, File, Metadata},
    hash::{Hash as _, Hasher},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use wasmtime::{Engine, component::Component};

/// Size of the folder, in bytes, above which the files are deleted that were not used for longest.
const LARGEST: u64 = 512 << 20;

/// The extension of the files.
const EXTENSION: &str = "compiled";

/// Returns a compiled plugin: from the folder, if it is there.
pub(super) fn component(engine: &Engine, plugin: &[u8]) -> wasmtime::Result<Component> {
    match folder() {
        Ok(folder) => component_in(&folder, engine, plugin),
        Err(cause) => {
            report(&cause);
            Component::from_binary(engine, plugin)
        }
    }
}

fn component_in(folder: &Path, engine: &Engine, plugin: &[u8]) -> wasmtime::Result<Component> {
    let file = folder.join(name(engine, plugin));
    if let Some(component) = stored(engine, &file) {
        return Ok(component);
    }
    let component = Component::from_binary(engine, plugin)?;
    let code = component.serialize().map_err(|it| io::Error::other(format!("{it:#}")));
    code.and_then(|code| store(folder, &file, &code)).unwrap_or_else(|cause| report(&cause));
    Ok(component)
}

/// Without a file, the plugin is compiled each time.
fn report(cause: &io::Error) {
    tracing::info!(cause = %cause, "the compiled plugin is not stored");
}

/// Returns the user's folder for compiled plugins.
fn folder() -> io::Result<PathBuf> {
    // A relative folder would depend on where the program is started.
    let cache = dirs::cache_dir().filter(|it| it.is_absolute());
    let cache = cache.ok_or_else(|| io::Error::other("the user has no cache folder"))?;
    // Root, for example, can run with the home folder of a user, who must not find folders of root
    // there.
    let existing = cache.ancestors().find_map(|folder| fs::metadata(folder).ok());
    if !existing.is_some_and(|it| is_of_user(&it)) {
        return Err(io::Error::other("the cache folder belongs to another user"));
    }
    let folder = cache.join("ones-host").join("plugins");
    create(&folder)?;
    Ok(folder)
}

#[cfg(unix)]
fn create(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn is_of_user(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    found.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_of_user(_: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn is_closed(found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    found.permissions().mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_closed(_: &Metadata) -> bool {
    true
}

/// Returns the name of the file for a plugin. It differs for each plugin, version of Wasmtime and
/// setting that changes the compiled code.
fn name(engine: &Engine, plugin: &[u8]) -> String {
    let mut digest = Digest::default();
    engine.precompile_compatibility_hash().hash(&mut digest);
    digest.write(plugin);
    format!("{}.{EXTENSION}", digest.0.finalize().to_hex())
}

#[derive(Default)]
struct Digest(blake3::Hasher);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.finalize().into();
        digest.first_chunk().copied().map_or(0, u64::from_le_bytes)
    }
}

/// Returns the plugin that is compiled in `file`. One that Wasmtime refuses is as none: it is of
/// another version or for another machine, or not complete.
///
/// The file is read: if it were mapped into memory, a program that runs for long would depend on
/// it, and a file system could forbid to execute it.
fn stored(engine: &Engine, file: &Path) -> Option<Component> {
    let mut file = File::open(file).ok()?;
    // Of the open file: another one can have its name by now. What is read is executed.
    let found = file.metadata().ok()?;
    if !found.is_file() || !is_of_user(&found) || !is_closed(&found) {
        return None;
    }
    let mut code = Vec::new();
    file.read_to_end(&mut code).ok()?;
    // SAFETY: only this user can have written the file, and only `store` writes files of that name:
    // what `serialize` returned, and never in place.
    let component = unsafe { Component::deserialize(engine, &code) }.ok()?;
    // Shows that it is used. On Windows, this needs a file that is open for writing.
    let _ = file.set_modified(SystemTime::now());
    Some(component)
}

fn store(folder: &Path, file: &Path, code: &[u8]) -> io::Result<()> {
    // The file gets its name when it is complete, also after a loss of power.
    let suffix = format!(".{EXTENSION}");
    let mut written = tempfile::Builder::new().suffix(&suffix).tempfile_in(folder)?;
    written.write_all(code)?;
    written.as_file().sync_all()?;
    written.persist(file)?;
    tidy(folder, LARGEST)
}

/// Deletes the files that were not used for longest, so that the others have at most `largest`
/// bytes.
fn tidy(folder: &Path, largest: u64) -> io::Result<()> {
    let mut files = Vec::new();
    // Other processes delete files at the same time.
    for entry in fs::read_dir(folder)?.flatten() {
        let (path, found) = (entry.path(), entry.metadata());
        if let Ok(found) = found
            && found.is_file()
            && path.extension().is_some_and(|it| it == EXTENSION)
        {
            files.push((found.modified()?, found.len(), path));
        }
    }
    files.sort_unstable_by(|one, other| other.cmp(one));
    let mut total = 0;
    for (_, size, file) in files {
        if total + size <= largest {
            total += size;
        } else {
            let _ = fs::remove_file(file);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
