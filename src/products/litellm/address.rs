//! A URL -> the Service of the cluster that it names. Knows Kubernetes' DNS names and nothing of what is there.

/// A URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'t> {
    /// `http` or `https`.
    pub scheme: &'t str,
    /// Host without port.
    pub host: &'t str,
    /// Port; that of the scheme where none is written.
    pub port: i64,
    /// Path without a slash at its end; empty for the root.
    pub path: &'t str,
}

impl<'t> Address<'t> {
    /// Reads `http://host:port/path` and the like; `None` for anything else.
    pub fn new(text: &'t str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, default),
        };
        let valid = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        valid.then(|| Self { scheme, host, port, path: path.trim_end_matches('/') })
    }

    /// Name and namespace of the Service that the host names for a pod in a namespace, and whether it can be nothing else:
    /// `a.b` may be a Service or a host of the internet. `None`: surely no Service.
    pub fn service(&self, home: &'t str) -> Option<(&'t str, &'t str, bool)> {
        let host = self.host.trim_end_matches('.');
        let inside = host.find(".svc.").map(|at| &host[..at]).or_else(|| host.strip_suffix(".svc"));
        if let Some(inside) = inside {
            // A pod of a headless Service stands before it.
            let mut labels = inside.rsplit('.');
            let (namespace, name) = (labels.next()?, labels.next()?);
            return Some((name, namespace, true));
        }
        match host.split_once('.') {
            None if host == "localhost" || home.is_empty() => None,
            None => Some((host, home, true)),
            Some((name, namespace)) if !namespace.contains('.') => Some((name, namespace, false)),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_services() {
        let service = |text| Address::new(text).and_then(|a| a.service("home"));
        assert_eq!(service("http://gw.inference.svc/models/a/v1"), Some(("gw", "inference", true)));
        assert_eq!(service("http://gw.inference.svc.cluster.local:8080/v1"), Some(("gw", "inference", true)));
        assert_eq!(service("http://pod-0.gw.inference.svc"), Some(("gw", "inference", true)));
        assert_eq!(service("http://vllm:8000/v1"), Some(("vllm", "home", true)));
        assert_eq!(service("http://vllm.serving/v1"), Some(("vllm", "serving", false)));
        for outside in
            ["https://api.openai.com/v1", "http://10.0.0.1/v1", "http://localhost:1/v1", "os.environ/X", "http://"]
        {
            assert_eq!(service(outside), None, "{outside}");
        }
        let address = Address::new("http://a.b.svc:8080/v1/?x=1").expect("a URL");
        assert_eq!((address.port, address.path), (8080, "/v1"));
        assert_eq!(Address::new("https://a.b.svc").map(|a| (a.port, a.path)), Some((443, "")));
    }
}
