//! The program `ones-host`. Its code is in [`ones_host::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ones_host::cli::main()
}
