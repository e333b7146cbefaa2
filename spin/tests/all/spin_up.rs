//! `spin up`, for as long as a test needs it.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use url::Url;

use crate::manifest::root;

/// How long Spin may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// A `spin up` and the `spin trigger` that it starts, in a process group of their own.
pub(crate) struct SpinUp {
    process: Child,
    patience: Duration,
}

impl SpinUp {
    /// Starts Spin on a free port, and says where it answers.
    pub(crate) fn start(variables: &BTreeMap<String, String>) -> (Self, String) {
        let program = env::var_os("ONES_SPIN").unwrap_or_else(|| OsString::from("spin"));
        Self::start_as(&program, variables, PATIENCE)
    }

    fn start_as(
        program: &OsStr,
        variables: &BTreeMap<String, String>,
        patience: Duration,
    ) -> (Self, String) {
        let mut command = Command::new(program);
        // Neither state nor logs are left behind.
        command.args(["up", "--listen", "127.0.0.1:0", "--state-dir", "", "--log-dir", ""]);
        command.arg("--from").arg(root().join("spin.toml"));
        for (name, value) in variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase()), value);
        }
        let process = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
        // Ends the process also where no line comes.
        let mut up = Self { process, patience };
        let stdout = up.process.stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines().map(Result::unwrap);
        // It lists its routes once it listens.
        let url = lines.find_map(|line| {
            let start = line.find("http://127.0.0.1:")?;
            Some(Url::parse(line[start..].split_whitespace().next()?).ok()?.origin())
        });
        let url = url.expect("a line that says where it is").ascii_serialization();
        // It stops where nobody reads.
        thread::spawn(move || lines.for_each(drop));
        (up, url)
    }

    /// Sends a signal to the group. The shell's own `kill` is there wherever a shell is.
    fn signal(&self, name: &str) {
        let group = self.process.id().to_string();
        let kill = ["-c", "kill -s \"$0\" -- \"-$1\"", name, &group];
        let _ = Command::new("sh").args(kill).stderr(Stdio::null()).status();
    }
}

impl Drop for SpinUp {
    /// Asked to end, Spin ends its triggers too; killed, it would leave them behind, and they keep
    /// the output of the tests open.
    fn drop(&mut self) {
        self.signal("TERM");
        let patience = Instant::now() + self.patience;
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < patience {
            thread::sleep(Duration::from_millis(20));
        }
        // Whatever of the group is left.
        self.signal("KILL");
        let _ = self.process.wait();
    }
}

#[cfg(target_os = "linux")]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

    use super::*;

    /// A program that starts another, as `spin up` does, and does this when it is asked to end.
    fn program(name: &str, on_end: &str) -> PathBuf {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let script = format!(
            "#!/bin/sh\ntrap '{on_end}' TERM\nsleep 1000 &\necho $! > \"$0.trigger\"\n\
             printf '%s\\n' \"$@\" > \"$0.arguments\"\n\
             echo '  front: http://127.0.0.1:4 (wildcard)'\nwait\nwait\n"
        );
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    /// Whether a process runs; one that only waits to be buried does not.
    fn runs(process: &str) -> bool {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|it| !it.is_empty() && !it.starts_with(" Z"))
    }

    #[track_caller]
    fn leaves_nothing_behind(name: &str, on_end: &str, patience: Duration) {
        let program = program(name, on_end);
        let (up, url) = SpinUp::start_as(program.as_os_str(), &BTreeMap::new(), patience);
        assert_eq!(url, "http://127.0.0.1:4");
        let arguments = fs::read_to_string(program.with_extension("arguments")).unwrap();
        assert!(arguments.contains("--log-dir\n\n"), "{arguments}");
        let trigger = fs::read_to_string(program.with_extension("trigger")).unwrap();
        assert!(runs(trigger.trim()));
        drop(up);
        let patience = Instant::now() + Duration::from_secs(60);
        while runs(trigger.trim()) {
            assert!(Instant::now() < patience, "the trigger is left behind");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn spin_is_asked_to_end_and_takes_its_triggers_along() {
        leaves_nothing_behind("spin-that-ends", "kill $!; exit", PATIENCE);
    }

    #[test]
    fn a_spin_that_does_not_end_is_killed_with_its_triggers() {
        leaves_nothing_behind("spin-that-stays", "", Duration::ZERO);
    }
}
