//! A file server on loopback that misbehaves as it is told: it cuts
//! connections, knows no ranges, has another file, or stands still.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What it has and how it behaves.
#[derive(Default)]
pub struct Files {
    pub body: Vec<u8>,
    pub etag: String,
    /// Whether it takes Range for something.
    pub no_ranges: bool,
    /// Whether it takes If-Range for nothing.
    pub no_conditions: bool,
    /// Answers end after so many octets of body, each in its turn.
    pub cuts: VecDeque<usize>,
    /// Answers stand still after so many octets of body.
    pub stall_at: Option<usize>,
    /// Another answer than the file.
    pub status: Option<&'static str>,
    /// Range and If-Range of each request.
    pub requests: Vec<(Option<String>, Option<String>)>,
    /// What happens after so many requests.
    pub change_after_first: Option<(Vec<u8>, String)>,
}

pub struct FileServer {
    pub url: String,
    files: Arc<Mutex<Files>>,
}

/// Octets that repeat nowhere in a way that a mistake could hide behind.
pub fn firmware(length: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}

impl FileServer {
    pub fn start(body: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/firmware.bin?v=2", listener.local_addr().unwrap());
        let files = Arc::new(Mutex::new(Files {
            body,
            etag: "\"one\"".to_owned(),
            ..Files::default()
        }));
        let shared = files.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), shared.clone());
                std::thread::spawn(move || {
                    // A device that goes away in the middle is what is tested.
                    let _ = serve(&stream, &shared);
                });
            }
        });
        Self { url, files }
    }

    pub fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap()
    }

    pub fn ranges(&self) -> Vec<Option<String>> {
        let files = self.files();
        files
            .requests
            .iter()
            .map(|(range, _)| range.clone())
            .collect()
    }
}

/// What is answered, taken out of the shared state at once.
struct Plan {
    head: String,
    body: Vec<u8>,
    cut: Option<usize>,
}

fn serve(stream: &TcpStream, shared: &Mutex<Files>) -> std::io::Result<()> {
    let (mut range, mut condition) = (None, None);
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "" => break,
            "range" => range = Some(value.to_owned()),
            "if-range" => condition = Some(value.to_owned()),
            _ => {}
        }
    }
    let plan = plan(&mut shared.lock().unwrap(), range, condition);
    let mut writer = stream;
    writer.write_all(plan.head.as_bytes())?;
    let end = plan
        .cut
        .map_or(plan.body.len(), |cut| cut.min(plan.body.len()));
    for (index, piece) in plan.body[..end].chunks(1000).enumerate() {
        while shared
            .lock()
            .unwrap()
            .stall_at
            .is_some_and(|at| index * 1000 >= at)
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        writer.write_all(piece)?;
    }
    Ok(())
}

fn plan(files: &mut Files, range: Option<String>, condition: Option<String>) -> Plan {
    files.requests.push((range.clone(), condition.clone()));
    let cut = files.cuts.pop_front();
    let (body, etag) = (files.body.clone(), files.etag.clone());
    if let Some((body, etag)) = files.change_after_first.take() {
        (files.body, files.etag) = (body, etag);
    }
    if let Some(status) = files.status {
        let head = format!(
            "HTTP/1.1 {status}\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        return Plan {
            head,
            body: Vec::new(),
            cut,
        };
    }
    let same = files.no_conditions || condition.as_deref() == Some(etag.as_str());
    let first = range
        .filter(|_| !files.no_ranges && same)
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        });
    let (status, part, extra) = match first {
        Some(first) => (
            "206 Partial Content",
            body[first..].to_vec(),
            format!(
                "Content-Range: bytes {first}-{}/{}\r\n",
                body.len() - 1,
                body.len()
            ),
        ),
        None => ("200 OK", body, String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nETag: {etag}\r\n{extra}Content-Length: {}\r\nConnection: close\r\n\r\n",
        part.len()
    );
    Plan {
        head,
        body: part,
        cut,
    }
}
