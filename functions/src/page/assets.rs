//! How the page looks, and its scripts.

use access::hash_key;
use axum::{
    extract::Path,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};

/// One file that the page loads.
pub(super) struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

pub(super) const STYLE: Asset = Asset {
    name: "page.css",
    kind: "text/css; charset=utf-8",
    text: include_str!("assets/page.css"),
};

pub(super) const SCRIPT: Asset = Asset {
    name: "page.js",
    kind: "text/javascript; charset=utf-8",
    text: include_str!("assets/page.js"),
};

pub(super) const UPLOAD: Asset = Asset {
    name: "upload.js",
    kind: "text/javascript; charset=utf-8",
    text: include_str!("assets/upload.js"),
};

pub(super) const ICON: Asset = Asset {
    name: "icon.svg",
    kind: "image/svg+xml",
    text: include_str!("assets/icon.svg"),
};

impl Asset {
    /// Where it is; a new version of it has another address.
    pub(super) fn path(&self) -> String {
        let version = short_hash(self.text);
        format!("/assets/{}?v={version}", self.name)
    }
}

pub(super) async fn show(Path(name): Path<String>) -> Response {
    let found = [STYLE, SCRIPT, UPLOAD, ICON]
        .into_iter()
        .find(|asset| asset.name == name);
    let Some(asset) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = "public, max-age=31536000, immutable";
    (
        [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, kept)],
        asset.text,
    )
        .into_response()
}

/// Sixteen hexadecimal digits that another text does not have.
pub(super) fn short_hash(text: &str) -> String {
    let mut hash = hash_key(text);
    hash.truncate(16);
    hash
}
