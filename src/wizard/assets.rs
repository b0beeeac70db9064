//! Stylesheets, script and pictures, ours and the operator's: named by their content, so they never change and may be
//! kept for ever.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use vestibule_templates::assets::assets;

use super::Visit;
use super::failure::Failure;

pub async fn show(Extension(visit): Extension<Arc<Visit>>, Path((hash, file)): Path<(String, String)>) -> Response {
    match assets().iter().chain(visit.brand.assets()).find(|asset| asset.name == file && asset.hash == hash) {
        Some(asset) => {
            let headers = [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.bytes.clone()).into_response()
        }
        None => Failure::NotFound.into_response(),
    }
}
