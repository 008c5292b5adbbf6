//! A server on this machine that answers as a test wants.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The byte that a range starts at.
    pub(crate) fn range_start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What is sent back before the connection is closed.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    num_announced: usize,
    pause_after_each_byte: Duration,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        Self { status, headers, body, num_announced: 0, pause_after_each_byte: Duration::ZERO }
    }

    pub(crate) fn of(status: u16, body: &[u8]) -> Self {
        Self { body: body.to_vec(), num_announced: body.len(), ..Self::status(status) }
    }

    pub(crate) fn whole(body: &[u8]) -> Self {
        Self::of(200, body)
    }

    /// The bytes from here on, as a server that knows ranges sends them.
    pub(crate) fn part(body: &[u8], start: usize) -> Self {
        let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
        Self::of(206, &body[start..]).header("content-range", &range)
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    /// Announces the whole and closes after so many bytes.
    pub(crate) fn cut_after(mut self, len: usize) -> Self {
        self.body.truncate(len);
        self
    }

    pub(crate) fn announcing(self, num_announced: usize) -> Self {
        Self { num_announced, ..self }
    }

    pub(crate) fn trickling(self, pause_after_each_byte: Duration) -> Self {
        Self { pause_after_each_byte, ..self }
    }

    fn send(self, mut stream: TcpStream) -> std::io::Result<()> {
        write!(stream, "HTTP/1.1 {} Whatever\r\nconnection: close\r\n", self.status)?;
        write!(stream, "content-length: {}\r\n", self.num_announced)?;
        for (name, value) in &self.headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        stream.write_all(b"\r\n")?;
        if self.pause_after_each_byte.is_zero() {
            return stream.write_all(&self.body);
        }
        for byte in self.body {
            stream.write_all(&[byte])?;
            std::thread::sleep(self.pause_after_each_byte);
        }
        Ok(())
    }
}

/// Answers until the test's process ends.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `answer` is told which request it is, from 0, and the request.
    pub(crate) fn start(answer: impl Fn(usize, &Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = read_request(&stream) else { continue };
                let index = {
                    let mut log = log.lock().unwrap();
                    log.push(request.clone());
                    log.len() - 1
                };
                // A client that has seen enough closes first.
                let _ = answer(index, &request).send(stream);
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_string();
    let mut headers = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_lowercase(), value.trim().to_string()));
    }
    Some(Request { path, headers })
}
