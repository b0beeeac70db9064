//! Stylesheet, script and picture: named by their content, so they never change and may be kept for ever.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use vestibule_templates::assets::assets;

use super::failure::Failure;

pub async fn show(Path((hash, file)): Path<(String, String)>) -> Response {
    match assets().iter().find(|asset| asset.name == file && asset.hash == hash) {
        Some(asset) => {
            let headers = [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.bytes).into_response()
        }
        None => Failure::NotFound.into_response(),
    }
}
