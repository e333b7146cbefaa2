//! What a process used, and what is made of several measurements.

use std::{
    fs,
    io::Read as _,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use wait4::Wait4 as _;

use crate::Result;

/// What a process used from its start to its end.
pub(crate) struct Usage {
    /// Processor time in seconds, that of its own children included.
    pub(crate) processor: f64,
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Largest resident memory in bytes.
    pub(crate) memory: u64,
    /// What it wrote to standard output.
    pub(crate) output: String,
}

/// Runs a process to its end; one of these exit codes is expected.
pub(crate) fn run(command: &mut Command, expected: &[i32]) -> Result<Usage> {
    let program = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    // Read meanwhile, so that the process never waits for a full pipe.
    let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            // What was read before an error is worth showing.
            let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let output = read(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let errors = read(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let status_file = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    let used = loop {
        memory = peak_memory(&status_file).unwrap_or(memory);
        match child.try_wait4() {
            Ok(Some(used)) => break used,
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("cannot wait for {program}: {error}")),
        }
    };
    let wall = start.elapsed().as_secs_f64();
    let output = output.join().unwrap_or_default();
    let errors = errors.join().unwrap_or_default();
    if !used.status.code().is_some_and(|code| expected.contains(&code)) {
        return Err(format!("{program} ended with {}\n{errors}", used.status));
    }
    let processor = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    // Progress: the tables are printed when all is measured.
    eprintln!("{program}: {processor:.2} s of processor time in {wall:.1} s");
    Ok(Usage { processor, wall, memory, output })
}

/// Reads the largest resident memory of a process so far, in bytes. Only Linux has such a file.
///
/// What `wait4` reports is no substitute: it includes the memory of the process that started it.
fn peak_memory(status_file: &str) -> Option<u64> {
    let status = fs::read_to_string(status_file).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// Returns the value in the middle; the mean of the two where their number is even.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.get(middle.wrapping_sub(1))) {
        (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => lower.midpoint(*upper),
        (Some(value), _) => *value,
        (None, _) => f64::NAN,
    }
}

/// Returns the value below which this part of the values is, such as 0.95.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an index into values in memory"
)]
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let index = (values.len() as f64 * part).ceil() as usize;
    values.get(index.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// Returns bytes in MiB.
#[expect(clippy::cast_precision_loss, reason = "a tenth of a MiB is what is shown")]
pub(crate) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[test]
fn half_of_the_values_are_below_the_median() {
    assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
}

#[test]
fn a_part_of_the_values_is_below_a_quantile() {
    let values: Vec<_> = (1..=100).rev().map(f64::from).collect();
    assert!((quantile(&values, 0.95) - 95.0).abs() < f64::EPSILON);
    assert!((quantile(&[7.0], 0.95) - 7.0).abs() < f64::EPSILON);
}
