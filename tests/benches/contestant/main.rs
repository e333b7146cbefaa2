//! Reads all users of a page server in one of several ways, which `cargo xtask bench` compares by
//! the processor time of this process. Prints the number of users that it read.
//!
//! Arguments: the way, and the URL of the server.

mod client;
mod component;
mod core;
mod drain;
mod storing;
mod typed;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    // `cargo bench` passes options of the test harness to every benchmark.
    let arguments = arguments.iter().filter(|argument| !argument.starts_with("--"));
    let arguments: Vec<_> = arguments.map(String::as_str).collect();
    let [way, server] = arguments[..] else {
        return Err("two arguments are needed; `cargo xtask bench peers` passes them".into());
    };
    // As many threads as `ones-host` has.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let users = match way {
        "drain" => runtime.block_on(drain::read(server))?,
        "typed" => runtime.block_on(typed::read(server))?,
        "core" => runtime.block_on(core::read(server))?,
        "component" => runtime.block_on(component::read(server))?,
        "storing" => storing::measure(&runtime, server)?,
        _ => return Err(format!("there is no way {way:?}").into()),
    };
    println!("{users}");
    Ok(())
}
