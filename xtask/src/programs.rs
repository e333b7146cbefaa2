//! The host and the emulator as programs.

use std::{env, path::PathBuf};

use crate::{Result, cargo};

/// Paths of the built programs.
pub(crate) struct Programs {
    pub(crate) host: PathBuf,
    pub(crate) emulator: PathBuf,
}

/// How the programs are compiled.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// As for tests, which share everything that is compiled.
    Dev,
    /// Optimized, as for benchmarks.
    Release,
}

impl Programs {
    /// Builds the programs.
    pub(crate) fn build(profile: Profile) -> Result<Self> {
        let (name, folder) = match profile {
            Profile::Dev => ("dev", "debug"),
            Profile::Release => ("release", "release"),
        };
        let packages = ["--package", "ones-host", "--package", "m365-emulator"];
        cargo::run(&[&["build", "--profile", name][..], &packages].concat())?;
        let folder = cargo::target_folder().join(folder);
        let program = |name: &str| folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
        Ok(Self { host: program("ones-host"), emulator: program("m365-emulator") })
    }
}
