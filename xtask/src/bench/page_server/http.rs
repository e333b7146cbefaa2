//! HTTP/1.1, as far as well-behaved clients need it.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::Instant,
};

use super::Answer;

/// Answers the requests of a connection until the client closes it.
pub(super) fn serve(connection: &TcpStream, answer: impl Fn(&str) -> Answer) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut requests = BufReader::new(connection);
    while let Some(path) = read_request(&mut requests)? {
        let asked = Instant::now();
        let Answer { status, body, latency } = answer(&path);
        let head = format!(
            "HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let response = [head.as_bytes(), body.as_bytes()].concat();
        thread::sleep(latency.saturating_sub(asked.elapsed()));
        (&mut &*connection).write_all(&response)?;
    }
    Ok(())
}

/// Reads a request to its end, and returns its path with the query; nothing at the end.
fn read_request(requests: &mut BufReader<&TcpStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    if requests.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        requests.read_line(&mut line)?;
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        let Some((name, value)) = header.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    io::copy(&mut requests.by_ref().take(length), &mut io::sink())?;
    Ok(Some(path))
}
