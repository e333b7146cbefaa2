//! The program: see [`ones_host::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ones_host::cli::main()
}
