//! What `cargo xtask bench` measures of the plugin and the host, in a process of its own.
//!
//! Arguments: what to do, and the URL of a page server. Reads all users of the server in one of
//! several ways, which are compared by the processor time of this process, and prints the number
//! of users that it read. With `calls`, measures single calls: the second argument is then what
//! the emulator prints when it starts.

mod calls;
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
        return Err("two arguments are needed; `cargo xtask bench` passes them".into());
    };
    // As many threads as `ones-host` has.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let users = match way {
        "drain" => runtime.block_on(drain::read(server))?,
        "typed" => runtime.block_on(typed::read(server))?,
        "core" => runtime.block_on(core::read(server))?,
        "component" => runtime.block_on(component::read(server))?,
        "calls" => return runtime.block_on(calls::measure(server)),
        "storing" => storing::measure(&runtime, server)?,
        _ => return Err(format!("there is no way {way:?}").into()),
    };
    println!("{users}");
    Ok(())
}
