//! Which addresses are asked.

use ureq::http::Uri;

use crate::error::Error;

/// An address that may be asked: over TLS, or on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    uri: Uri,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let refused = || Error::Address { url: url.to_string(), expected: "an https:// address of a host" };
        let uri: Uri = url.parse().map_err(|_| refused())?;
        let host = uri.host().unwrap_or_default();
        let is_here = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
        match uri.scheme_str() {
            Some("https") if !host.is_empty() => Ok(Self { uri }),
            Some("http") if is_here => Ok(Self { uri }),
            _ => Err(refused()),
        }
    }

    /// Where a redirect from here leads, which may be told relative to here. None leads from TLS to plain HTTP, not even
    /// on this machine: a host elsewhere has no business with what is served here.
    pub(crate) fn redirected(&self, location: &str) -> Result<Self, Error> {
        let to = self.resolved(location)?;
        if to.uri.scheme_str() != Some("https") && self.uri.scheme_str() == Some("https") {
            return Err(Error::Address { url: to.uri.to_string(), expected: "an https:// address" });
        }
        Ok(to)
    }

    fn resolved(&self, location: &str) -> Result<Self, Error> {
        let first_part = location.split(['/', '?', '#']).next().unwrap_or_default();
        if first_part.contains(':') {
            return Self::parse(location);
        }
        let scheme = self.uri.scheme_str().unwrap_or("https");
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        if let Some(rest) = location.strip_prefix("//") {
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        let folder = match location.starts_with('/') {
            true => "",
            false => self.uri.path().rsplit_once('/').map_or("", |(folder, _)| folder),
        };
        let separator = if location.starts_with('/') { "" } else { "/" };
        Self::parse(&format!("{scheme}://{authority}{folder}{separator}{location}"))
    }

    pub(crate) fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_and_this_machine_are_asked() {
        for url in ["https://example.org/a", "http://127.0.0.1:80/a", "http://[::1]:9/a", "http://localhost/"]
        {
            assert!(Address::parse(url).is_ok(), "{url}");
        }
        for url in
            ["http://example.org/a", "file:///etc/passwd", "ftp://localhost/a", "example.org", "https:///a"]
        {
            let message = Address::parse(url).unwrap_err().to_string();
            assert_eq!(message, format!("{url}: expected an https:// address of a host"));
        }
        assert!(Address::parse("http://127.0.0.1.example.org/a").is_err());
        assert!(Address::parse("http://127.0.0.1@example.org/a").is_err());
    }

    #[test]
    fn redirects_may_be_relative() {
        let here = Address::parse("https://a.org/x/y").unwrap();
        for (location, to) in [
            ("https://b.org/z", "https://b.org/z"),
            ("//b.org/z", "https://b.org/z"),
            ("/z", "https://a.org/z"),
            ("z?q=http://c", "https://a.org/x/z?q=http://c"),
        ] {
            assert_eq!(here.redirected(location).unwrap().uri().to_string(), to);
        }
        assert!(here.redirected("http://b.org/z").is_err());
        assert_eq!(
            here.redirected("http://127.0.0.1/z").unwrap_err().to_string(),
            "http://127.0.0.1/z: expected an https:// address"
        );
    }
}
