//! One file over HTTP, from where it broke off.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ureq::http::Response;
use ureq::{Agent, Body};

use crate::address::Address;
use crate::error::Error;
use crate::progress::Progress;

const MAX_REDIRECTS: usize = 10;

/// A download that gets fewer bytes than this in the time that a read may take has stalled.
const MIN_BYTES_IN_TIME: u64 = 1024;

/// So many bytes between two failures, and the failures are not counted as on end.
const NUM_BYTES_OF_PROGRESS: u64 = 1 << 16;

/// How downloads are made.
#[derive(Debug)]
pub(crate) struct Downloader {
    pub(crate) agent: Agent,
    /// How often a download may fail on end.
    pub(crate) num_attempts: u32,
    /// The pause after the first failure; each further one is twice as long.
    pub(crate) pause: Duration,
    /// How long nothing, or next to nothing, may come.
    pub(crate) patience: Duration,
}

/// What is downloaded, and where to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) url: &'a str,
    pub(crate) max_bytes: u64,
    /// What there is of it; the next download goes on from here.
    pub(crate) part: &'a Path,
    /// Whether a checksum will tell if two halves do not belong together.
    pub(crate) is_checked: bool,
}

/// Why an attempt ended without the whole file.
enum Failure {
    /// It may work when tried again.
    Passing(io::Error),
    Lasting(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Lasting(error)
    }
}

/// What came of a download.
pub(crate) struct Download {
    /// Whether it may have gone on from what was there.
    pub(crate) is_resumed: bool,
}

impl Downloader {
    /// Downloads all of a file to `wanted.part`. What came before a failure stays there, unless it is nothing.
    pub(crate) fn download(&self, wanted: Wanted, progress: &mut dyn Progress) -> Result<Download, Error> {
        let download = self.attempts(wanted, progress);
        if download.is_err() && std::fs::metadata(wanted.part).is_ok_and(|part| part.len() == 0) {
            forget_validator(wanted.part);
            // The error before it is what counts.
            let _ = std::fs::remove_file(wanted.part);
        }
        download
    }

    fn attempts(&self, wanted: Wanted, progress: &mut dyn Progress) -> Result<Download, Error> {
        let fault = |source| Error::io(wanted.part, source);
        let mut out =
            File::options().create(true).read(true).append(true).open(wanted.part).map_err(fault)?;
        let mut is_resumed = false;
        let (mut num_failures, mut pause) = (0, self.pause);
        loop {
            let before = out.metadata().map_err(fault)?.len();
            is_resumed |= before > 0;
            match self.attempt(wanted, &mut out, progress) {
                Ok(()) => break,
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(error)) => {
                    let num_bytes = out.metadata().map_err(fault)?.len();
                    if num_bytes >= before + NUM_BYTES_OF_PROGRESS {
                        (num_failures, pause) = (0, self.pause);
                    }
                    num_failures += 1;
                    if num_failures >= self.num_attempts {
                        return Err(Error::BrokenOff {
                            url: wanted.url.to_string(),
                            num_bytes,
                            num_attempts: num_failures,
                            source: error,
                        });
                    }
                    progress.retrying(&error.to_string(), pause);
                    std::thread::sleep(pause);
                    pause *= 2;
                }
            }
        }
        out.sync_all().map_err(fault)?;
        forget_validator(wanted.part);
        Ok(Download { is_resumed })
    }

    /// Asks once, and takes what comes.
    fn attempt(&self, wanted: Wanted, out: &mut File, progress: &mut dyn Progress) -> Result<(), Failure> {
        let fault = |source| Error::io(wanted.part, source);
        let mut num_bytes = out.metadata().map_err(fault)?.len();
        let validator = std::fs::read_to_string(validator_path(wanted.part)).ok();
        // Without a checksum, only a server that knows its versions apart may give the second half.
        if num_bytes > 0 && ((validator.is_none() && !wanted.is_checked) || num_bytes >= wanted.max_bytes) {
            num_bytes = empty(out).map_err(fault)?;
        }
        let from = (num_bytes > 0).then_some((num_bytes, validator.as_deref()));
        let response = self.ask(wanted.url, from)?;
        let status = response.status().as_u16();
        match status {
            206 if starts_at(&response, num_bytes) => {}
            200 => num_bytes = empty(out).map_err(fault)?,
            // Another part than was asked for, or no such part: the whole is asked for next.
            206 | 416 => {
                empty(out).map_err(fault)?;
                return Err(Failure::Passing(io::Error::other(format!("the answer {status}"))));
            }
            408 | 429 | 500 | 502..=504 => {
                return Err(Failure::Passing(io::Error::other(format!("the answer {status}"))));
            }
            _ => return Err(Error::Status { url: wanted.url.to_string(), status }.into()),
        }
        keep_validator(wanted.part, &response).map_err(fault)?;
        let num_total = response.body().content_length().map(|len| num_bytes.saturating_add(len));
        let too_long =
            |found| Error::TooLong { url: wanted.url.to_string(), max_bytes: wanted.max_bytes, found };
        if let Some(found) = num_total.filter(|&found| found > wanted.max_bytes) {
            return Err(too_long(found).into());
        }
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 16];
        let (mut window, mut num_at_window) = (Instant::now(), num_bytes);
        progress.advanced(num_bytes, num_total);
        loop {
            let len = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure::Passing(error)),
            };
            num_bytes += len as u64;
            if num_bytes > wanted.max_bytes {
                empty(out).map_err(fault)?;
                return Err(too_long(num_bytes).into());
            }
            out.write_all(&buffer[..len]).map_err(fault)?;
            progress.advanced(num_bytes, num_total);
            if window.elapsed() > self.patience {
                if num_bytes - num_at_window < MIN_BYTES_IN_TIME {
                    return Err(Failure::Passing(io::ErrorKind::TimedOut.into()));
                }
                (window, num_at_window) = (Instant::now(), num_bytes);
            }
        }
        match num_total {
            Some(num_total) if num_bytes < num_total => {
                Err(Failure::Passing(io::ErrorKind::UnexpectedEof.into()))
            }
            _ => Ok(()),
        }
    }

    /// The answer at the end of all redirects.
    fn ask(&self, url: &str, from: Option<(u64, Option<&str>)>) -> Result<Response<Body>, Failure> {
        let mut address = Address::parse(url)?;
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.agent.get(address.uri().clone());
            if let Some((num_bytes, validator)) = from {
                request = request.header("range", format!("bytes={num_bytes}-"));
                if let Some(validator) = validator {
                    request = request.header("if-range", validator);
                }
            }
            let response = request.call().map_err(|error| unanswered(&address, error))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get("location").and_then(|location| location.to_str().ok());
            let Some(location) = location else {
                let status = response.status().as_u16();
                return Err(Error::Status { url: address.uri().to_string(), status }.into());
            };
            address = address.redirected(location)?;
        }
        Err(Error::Address { url: url.to_string(), expected: "at most 10 redirects" }.into())
    }
}

/// A connection that broke off may work again; a host that is not there will not.
fn unanswered(address: &Address, error: ureq::Error) -> Failure {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    match error {
        ureq::Error::Io(error)
            if matches!(
                error.kind(),
                BrokenPipe | ConnectionAborted | ConnectionReset | TimedOut | UnexpectedEof
            ) =>
        {
            Failure::Passing(error)
        }
        ureq::Error::Timeout(
            ureq::Timeout::RecvResponse | ureq::Timeout::PerRead | ureq::Timeout::SendRequest,
        )
        | ureq::Error::Protocol(_) => Failure::Passing(io::Error::other(error)),
        other => {
            Failure::Lasting(Error::Unreachable { host: address.host().to_string(), source: Box::new(other) })
        }
    }
}

/// Whether an answer with a part has it from this byte on.
fn starts_at(response: &Response<Body>, num_bytes: u64) -> bool {
    let range = response.headers().get("content-range").and_then(|range| range.to_str().ok());
    let start = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
    start == Some(num_bytes)
}

fn empty(out: &mut File) -> io::Result<u64> {
    out.set_len(0)?;
    out.seek(SeekFrom::Start(0))
}

/// Beside a part, by which words of the server its version is known.
fn validator_path(part: &Path) -> PathBuf {
    part.with_added_extension("version")
}

/// A strong entity tag, or a date: a weak tag does not say that the bytes are the same.
fn keep_validator(part: &Path, response: &Response<Body>) -> io::Result<()> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let tag = header("etag").filter(|tag| tag.starts_with('"'));
    match tag.or_else(|| header("last-modified")) {
        Some(validator) => std::fs::write(validator_path(part), validator),
        None => {
            forget_validator(part);
            Ok(())
        }
    }
}

/// Removes what is known of a part's version.
pub(crate) fn forget_validator(part: &Path) {
    // Most often there is none; one that stays is asked for and found wrong.
    let _ = std::fs::remove_file(validator_path(part));
}
