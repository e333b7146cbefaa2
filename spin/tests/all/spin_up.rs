//! Runs `spin up` for the duration of a test.

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

/// How long Spin may take to end after a signal.
const TIMEOUT: Duration = Duration::from_secs(10);

/// `spin up` and the `spin trigger` that it starts, in a process group of their own.
pub(crate) struct SpinUp {
    process: Child,
    timeout: Duration,
}

impl SpinUp {
    /// Starts Spin on a free port, and returns its URL.
    pub(crate) fn start(variables: &BTreeMap<String, String>) -> (Self, String) {
        let program = env::var_os("ONES_SPIN").unwrap_or_else(|| OsString::from("spin"));
        Self::start_as(&program, variables, TIMEOUT)
    }

    fn start_as(
        program: &OsStr,
        variables: &BTreeMap<String, String>,
        timeout: Duration,
    ) -> (Self, String) {
        let mut command = Command::new(program);
        // Without folders for state and logs.
        command.args(["up", "--listen", "127.0.0.1:0", "--state-dir", "", "--log-dir", ""]);
        command.arg("--from").arg(root().join("spin.toml"));
        for (name, value) in variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase()), value);
        }
        let process = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
        // From here on, a panic ends the process.
        let mut up = Self { process, timeout };
        let stdout = up.process.stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines().map(Result::unwrap);
        // Spin prints its routes once it listens.
        let url = lines.find_map(|line| {
            let start = line.find("http://127.0.0.1:")?;
            Some(Url::parse(line[start..].split_whitespace().next()?).ok()?.origin())
        });
        let url = url.expect("a line with the URL").ascii_serialization();
        // Spin would block where its output is not read.
        thread::spawn(move || lines.for_each(drop));
        (up, url)
    }

    /// Sends a signal to the group. Every shell has `kill`.
    fn signal(&self, name: &str) {
        let group = self.process.id().to_string();
        let kill = ["-c", "kill -s \"$0\" -- \"-$1\"", name, &group];
        let _ = Command::new("sh").args(kill).stderr(Stdio::null()).status();
    }
}

impl Drop for SpinUp {
    /// After TERM, Spin ends its triggers too. After KILL, they would continue, and keep the output
    /// of the tests open.
    fn drop(&mut self) {
        self.signal("TERM");
        let deadline = Instant::now() + self.timeout;
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        // For processes of the group that remain.
        self.signal("KILL");
        let _ = self.process.wait();
    }
}

#[cfg(target_os = "linux")]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

    use super::*;

    /// Writes a program that starts another, as `spin up` does, and on TERM runs this command.
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

    /// Returns whether a process runs. A zombie does not.
    fn runs(process: &str) -> bool {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|state| !state.is_empty() && !state.starts_with(" Z"))
    }

    #[track_caller]
    fn ends_with_its_triggers(name: &str, on_end: &str, timeout: Duration) {
        let program = program(name, on_end);
        let (up, url) = SpinUp::start_as(program.as_os_str(), &BTreeMap::new(), timeout);
        assert_eq!(url, "http://127.0.0.1:4");
        let arguments = fs::read_to_string(program.with_extension("arguments")).unwrap();
        assert!(arguments.contains("--log-dir\n\n"), "{arguments}");
        let trigger = fs::read_to_string(program.with_extension("trigger")).unwrap();
        assert!(runs(trigger.trim()));
        drop(up);
        let deadline = Instant::now() + Duration::from_secs(60);
        while runs(trigger.trim()) {
            assert!(Instant::now() < deadline, "the trigger still runs");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn spin_ends_with_its_triggers_after_a_signal() {
        ends_with_its_triggers("spin-that-ends", "kill $!; exit", TIMEOUT);
    }

    #[test]
    fn a_spin_that_does_not_end_is_killed_with_its_triggers() {
        ends_with_its_triggers("spin-that-stays", "", Duration::ZERO);
    }
}
